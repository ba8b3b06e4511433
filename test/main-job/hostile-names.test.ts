import { expect, test } from "vitest";
import { makePlace } from "./place.ts";

test("attack 41: a pull request's branch that is called like another commit's id is still that branch", async () => {
  const file = `pipelines: {pull-requests: {"**": [{step: {script: [cat which.txt]}}]}}\n`;
  using place = makePlace({ "bitbucket-pipelines.yml": file });
  place.git("checkout", "--quiet", "-b", "hidden");
  const hidden = place.commit({ "which.txt": "the commit that nobody opened\n" });
  place.git("checkout", "--quiet", "main");
  place.git("checkout", "--quiet", "--detach");
  const open = place.commit({ "which.txt": "the branch of the pull request\n" });
  place.git("checkout", "--quiet", "main");
  // No command of git's own makes such a branch; a push may.
  place.git("update-ref", `refs/heads/${hidden}`, open);
  await place.sallyport("pr", "create", "--source", hidden, "--title", "T");
  const { stderr, code } = await place.sallyport("run", "pull-requests/any", "--pr", "1");
  expect(code).toBe(0);
  expect(stderr).toContain("the branch of the pull request");
});

test("attack 45: an after-script has the agents' own permissions, with their variables filled in", async () => {
  const ask = (id: number): string =>
    `curl --silent --output /dev/null --write-out 'PR ${id} %{http_code};' http://127.0.0.1:29418/2.0/repositories/demo/shop/pullrequests/${id}`;
  const file = `definitions:
  agents:
    pinned:
      provider: script
      prompt: Do your work.
      config:
        overrides:
          toolPermissions:
            tools:
              getPullRequestDetails: {permission: allow, arguments: {pullRequestId: $BITBUCKET_PR_ID}}
pipelines:
  custom:
    work:
      - step:
          auth: {system: {scopes: ["read:pullrequest:bitbucket"]}}
          script: [{agent: pinned}]
          after-script: [${JSON.stringify(ask(1))}, ${JSON.stringify(ask(2))}]
`;
  using place = makePlace({
    "bitbucket-pipelines.yml": file,
    ".sallyport/agents/pinned.yml": "steps: [{shell: echo played}]\n",
  });
  for (const branch of ["one", "two"]) {
    place.git("checkout", "--quiet", "-b", branch, "main");
    place.commit({ [branch]: "x" });
    place.git("checkout", "--quiet", "main");
    await place.sallyport("pr", "create", "--source", branch, "--title", branch);
  }
  const { stderr } = await place.sallyport("run", "custom/work", "--pr", "1");
  expect(stderr).toContain("PR 1 200;");
  expect(stderr).toContain("PR 2 403;");
});
