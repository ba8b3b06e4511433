import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makePlace, oneStep, runOf } from "./place.ts";

const FILE = "bitbucket-pipelines.yml";

describe("a shell step in a box", () => {
  test("runs the working tree, prints each line, passes, and leaves nothing in the clone", async () => {
    using place = makePlace({ [FILE]: oneStep(["cat note.txt", "pwd", "git log -1 --format=%s"]) });
    place.write({ "note.txt": "not committed yet\n" });
    const before = place.git("status", "--porcelain");
    const ended = await place.sallyport("run", "custom/work");
    expect(ended.stderr).toContain("working tree of");
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.stderr).toContain("+ cat note.txt");
    expect(ended.stderr).toContain("not committed yet");
    expect(ended.stderr).toContain("/opt/atlassian/pipelines/agent/build");
    expect(place.git("status", "--porcelain")).toBe(before);
    expect((await place.sallyport("audit", "verify", runOf(ended))).code).toBe(0);
  });

  test("a failing line ends the step with exit code 1; the after-script still runs and sees the code", async () => {
    const text = `pipelines:
  default:
    - step:
        script:
          - export KEPT=yes
          - test "$KEPT" = yes
          - exit 7
          - echo never
        after-script:
          - echo "after $BITBUCKET_EXIT_CODE"
    - step:
        script: [echo second]
`;
    using place = makePlace({ [FILE]: text });
    const ended = await place.sallyport("run", "default");
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("after 7");
    expect(ended.stderr).toContain("exit code 7");
    expect(ended.stderr).not.toContain("never\n");
    expect(ended.stderr).not.toContain("second");
  });

  // cites: H11
  test("artifacts of a shell step reach the next one; nothing else does", async () => {
    const text = `pipelines:
  default:
    - step:
        script: [mkdir -p out/deep, echo made > "out/deep/a b.txt", echo left > other.txt]
        artifacts: [out/**]
    - step:
        script: [cat "out/deep/a b.txt", test ! -e other.txt]
`;
    using place = makePlace({ [FILE]: text });
    const ended = await place.sallyport("run", "default");
    expect(ended.stderr).toContain("made");
    expect(ended.code).toBe(0);
  });

  test("variables: the declared ones and Bitbucket's, nothing of the caller's environment", async () => {
    const text = `pipelines:
  custom:
    work:
      - variables:
          - name: COLOUR
            default: red
            allowed-values: [red, green]
      - step:
          script:
            - echo "colour $COLOUR on $BITBUCKET_REPO_FULL_NAME $BITBUCKET_BRANCH $CI"
            - env | sort
`;
    using place = makePlace({ [FILE]: text });
    const ended = await place.sallyport("run", "custom/work", "--var", "COLOUR=green");
    expect(ended.stderr).toContain("colour green on demo/shop main true");
    expect(ended.stderr).not.toContain(place.home);
    expect((await place.sallyport("run", "custom/work", "--var", "COLOUR=blue")).code).toBe(2);
    expect((await place.sallyport("run", "custom/work", "--var", "OTHER=1")).code).toBe(2);
  });

  test("what has no effect is said, and for the whole file once", async () => {
    using place = makePlace({ [FILE]: `image: node:24\n${oneStep(["true"])}` });
    const { stderr } = await place.sallyport("run", "custom/work");
    expect(stderr.match(/without effect in this version: image/g)).toHaveLength(1);
  });

  test("--commit runs a clean revision", async () => {
    using place = makePlace({ [FILE]: oneStep(["cat note.txt"]), "note.txt": "first\n" });
    const first = place.git("rev-parse", "HEAD");
    place.commit({ "note.txt": "second\n" });
    const ended = await place.sallyport("run", "custom/work", "--commit", first);
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain("first");
    expect((await place.sallyport("run", "custom/work", "--commit", "HEAD~1")).stderr).toContain(first.slice(0, 7));
    expect((await place.sallyport("run", "custom/work", "--commit", "nowhere")).code).toBe(2);
  });

  test("logs, show and runs tell what happened", async () => {
    using place = makePlace({ [FILE]: oneStep(["echo hello from the box"]) });
    const run = runOf(await place.sallyport("run", "custom/work"));
    expect((await place.sallyport("logs", run)).stdout).toContain("hello from the box");
    expect((await place.sallyport("runs")).stdout).toContain(run);
    const shown = JSON.parse((await place.sallyport("show", run, "--json")).stdout) as { readonly state: string };
    expect(JSON.stringify(shown)).toContain("passed");
    expect(readFileSync(join(place.home, "ledger", `${run}.jsonl`), "utf8")).toContain("run.ended");
  });
});

test("an agent that could not be started refuses the run before anything of it exists", async () => {
  const text = `definitions:
  agents:
    notes: { prompt: "Write notes.", provider: script }
pipelines:
  custom:
    work:
      - step: { script: [echo first] }
      - step: { script: [agent: notes] }
`;
  using place = makePlace({ [FILE]: text });
  const ended = await place.sallyport("run", "custom/work");
  expect(ended.code).toBe(4);
  expect(ended.stderr).toContain(".sallyport/agents/notes.yml");
  expect(ended.stderr).not.toContain("first");
  expect(JSON.parse((await place.sallyport("runs", "--json")).stdout)).toEqual([]);
});
