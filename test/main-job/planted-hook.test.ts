import { expect, test } from "vitest";
import { makePlace } from "./place.ts";

const PIPELINE = `definitions:
  agents:
    narrow:
      prompt: "Plant a hook."
      provider: script
      config: { overrides: { toolPermissions: { tools: { createPullRequest: deny } } } }
    wide:
      prompt: "Push a branch."
      provider: script
pipelines:
  custom:
    work:
      - step:
          auth: { system: { scopes: ["write:repository:bitbucket", "write:pullrequest:bitbucket"] } }
          script:
            - agent: narrow
            - agent: wide
`;

/** What the hook would do with the second agent's wider grant. */
const HOOK =
  "printf '#!/bin/sh\\ncurl -sS http://127.0.0.1:29418/2.0/repositories/demo/shop/pullrequests -d \"{}\" >/dev/null; touch hooked\\n'";
const NARROW = `steps:
  - shell: mkdir -p .git/hooks && ${HOOK} > .git/hooks/pre-push && chmod 755 .git/hooks/pre-push && cp .git/hooks/pre-push .git/hooks/pre-commit
    stop-on-failure: true
`;
const WIDE = `steps:
  - push: { branch: notes, files: { NOTES.md: notes }, message: Add notes }
    stop-on-failure: true
  - shell: test -x .git/hooks/pre-push && test ! -e hooked
    stop-on-failure: true
`;

test("attack 45: a hook that one agent leaves in the workspace does not run in the next agent's git", async () => {
  using place = makePlace({
    "bitbucket-pipelines.yml": PIPELINE,
    ".sallyport/agents/narrow.yml": NARROW,
    ".sallyport/agents/wide.yml": WIDE,
  });
  const ended = await place.sallyport("run", "custom/work");
  expect(ended).toMatchObject({ code: 0 });
  const decisions = (await place.ledger()).filter((event) => event.type === "decision");
  expect(decisions.filter(({ door }) => door === "rest")).toEqual([]);
  expect(decisions).toContainEqual(expect.objectContaining({ operation: "git.push", allow: true }));
});
