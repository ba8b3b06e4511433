import { expect, test } from "vitest";
import { makePlace } from "./place.ts";

const HEAD = "pipelines:\n  pull-requests:\n    '**':\n";
const REVIEWED = `      - step:
          name: review
          script: ["cat CLAUDE.md", "ls -A . docs", "cat kept/notes.md"]
`;
/** Everything that steers agents, in the spellings and places that some agent reads. */
const INJECTED = "CLAUDE.md .claude/settings.json .mcp.json docs/Agents.MD docs/.Cursor/rules skills/x/SKILL.md";

test("attack 38: artifacts of a step that nobody reviewed bring nothing that steers agents", async () => {
  using place = makePlace({ "bitbucket-pipelines.yml": HEAD + REVIEWED, "CLAUDE.md": "reviewed words\n" });
  place.git("checkout", "--quiet", "-b", "other");
  const write = `for f in ${INJECTED} kept/notes.md; do mkdir -p "$(dirname $f)"; echo made by $f > $f; done`;
  place.commit({
    "bitbucket-pipelines.yml": `${HEAD}      - step:
          script: [${JSON.stringify(write)}]
          artifacts: ["**"]
${REVIEWED}`,
  });
  place.git("checkout", "--quiet", "main");
  await place.sallyport("pr", "create", "--source", "other", "--title", "T");
  const { stderr, code } = await place.sallyport("run", "pull-requests/other", "--pr", "1");
  const review = stderr.slice(stderr.indexOf("2 review"));
  expect(code).toBe(0);
  expect(review).toContain("reviewed words");
  expect(review).toContain("made by kept/notes.md");
  for (const name of ["made by CLAUDE.md", ".claude", ".mcp.json", "Agents.MD", ".Cursor"]) {
    expect(review).not.toContain(name);
  }
});
