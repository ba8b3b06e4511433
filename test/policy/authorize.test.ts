import { describe, expect, test } from "vitest";
import { authorize, operationById, type Permission, type Scope } from "../../src/policy/index.ts";
import { ALL_STEP_SCOPES, grantWith } from "./grants.ts";

const NOW = { now: 0, calls: 0 };
const AT = { repository: "demo/shop", arguments: {}, createdByAgent: true };

/**
 * The oracle: reference, section 3, written down by hand. It shares no code with the operations table.
 */
const TOOLS: readonly (readonly [tool: string, operation: string, scopes: readonly Scope[]])[] = [
  ["getPullRequests", "pullrequests.list", ["read:pullrequest:bitbucket"]],
  ["getPullRequestDetails", "pullrequests.get", ["read:pullrequest:bitbucket"]],
  ["getPullRequestComments", "comments.list", ["read:pullrequest:bitbucket"]],
  ["getPullRequestTasks", "tasks.list", ["read:pullrequest:bitbucket"]],
  ["createPullRequest", "pullrequests.create", ["write:pullrequest:bitbucket"]],
  ["addPullRequestComment", "comments.create", ["write:pullrequest:bitbucket"]],
  ["updatePullRequestComment", "comments.update", ["write:pullrequest:bitbucket"]],
  ["createPullRequestTask", "tasks.create", ["write:pullrequest:bitbucket"]],
  ["updatePullRequestTask", "tasks.update", ["write:pullrequest:bitbucket"]],
  [
    "analyzePullRequestCommitStatusFailures",
    "pullrequests.analyzeStatuses",
    ["read:pullrequest:bitbucket", "read:pipeline:bitbucket"],
  ],
  ["analyzePipelineStepFailure", "pipelines.analyzeStep", ["read:pipeline:bitbucket"]],
  ["updatePullRequest", "pullrequests.update", ["write:pullrequest:bitbucket"]],
  ["getPullRequestDiff", "pullrequests.diff", ["read:pullrequest:bitbucket"]],
  ["getPullRequestDiffstat", "pullrequests.diffstat", ["read:pullrequest:bitbucket"]],
  ["getPullRequestStatuses", "pullrequests.statuses", ["read:pullrequest:bitbucket"]],
  ["getPipelineStepLog", "pipelines.stepLog", ["read:pipeline:bitbucket"]],
  ["resolvePullRequestComment", "comments.resolve", ["write:pullrequest:bitbucket"]],
  ["getFileContent", "src.get", ["read:repository:bitbucket"]],
  ["getCommits", "commits.list", ["read:repository:bitbucket"]],
];

function subsets<Member>(members: readonly Member[]): Member[][] {
  return members.reduce<Member[][]>((sets, member) => [...sets, ...sets.map((set) => [...set, member])], [[]]);
}

describe("every tool, with every subset of scopes, under every permission (rule 1, rule 5, T5, M4)", () => {
  for (const [tool, id, needed] of TOOLS) {
    test(tool, () => {
      const operation = operationById(id);
      expect(operation.tool).toBe(tool);
      for (const scopes of subsets(ALL_STEP_SCOPES)) {
        for (const permission of ["allow", "ask", "deny", undefined] as const) {
          for (const fallback of ["allow", "ask", "deny", null] as const) {
            const tools = permission === undefined ? {} : { [tool]: { permission } };
            const decision = authorize(grantWith({ scopes, tools: { default: fallback, tools } }), operation, AT, NOW);
            const effective: Permission = permission ?? fallback ?? "allow";
            if (!needed.every((scope) => scopes.includes(scope))) {
              expect(decision).toMatchObject({ allow: false, gate: "scope", needs: { scopes: needed } });
            } else if (effective === "deny") expect(decision).toMatchObject({ allow: false, gate: "tool" });
            else expect(decision).toEqual({ allow: true, ask: effective === "ask" });
          }
        }
      }
    });
  }
});

describe("what no scope opens (rule 9)", () => {
  const GATED = [
    "pullrequests.approve",
    "pullrequests.unapprove",
    "pullrequests.requestChanges",
    "pullrequests.withdrawRequest",
    "pullrequests.decline",
    "pullrequests.merge",
    "statuses.create",
    "statuses.update",
    "restrictions.create",
    "restrictions.update",
    "restrictions.delete",
  ];
  test.each(GATED)("attack 31: %s", (id) => {
    for (const agentStep of [true, false]) {
      const decision = authorize(grantWith({ scopes: ALL_STEP_SCOPES, agentStep }), operationById(id), AT, NOW);
      expect(decision).toMatchObject({ allow: false, gate: "human-gate" });
    }
  });

  test.each(["comments.update", "comments.delete", "comments.resolve", "tasks.update", "tasks.delete"])(
    "somebody else's: %s",
    (id) => {
      for (const createdByAgent of [false, undefined]) {
        const resource = {
          repository: "demo/shop",
          arguments: {},
          ...(createdByAgent === undefined ? {} : { createdByAgent }),
        };
        const decision = authorize(
          grantWith({ scopes: ALL_STEP_SCOPES, agentStep: false }),
          operationById(id),
          resource,
          NOW,
        );
        expect(decision).toMatchObject({ allow: false, gate: "human-gate" });
      }
    },
  );
});

test("attack 7: another repository is refused before anything else is looked at", () => {
  for (const repository of ["demo/other", "demo/shop2", "other/shop", "demo/shop/", "DEMO/SHOP", ""]) {
    const decision = authorize(
      grantWith({ scopes: ALL_STEP_SCOPES }),
      operationById("pullrequests.get"),
      { repository, arguments: {} },
      NOW,
    );
    expect(decision).toMatchObject({ allow: false, gate: "repository" });
  }
});

test("a grant's time ends to the millisecond (rule 4, T3)", () => {
  const grant = grantWith({ expiresAt: 500 });
  expect(authorize(grant, operationById("repository.get"), AT, { now: 499, calls: 0 }).allow).toBe(true);
  expect(authorize(grant, operationById("repository.get"), AT, { now: 500, calls: 0 })).toMatchObject({
    allow: false,
    gate: "token",
  });
});

test("a write without a tool is refused to a step with an agent, and only to it (rule 5)", () => {
  const grant = grantWith({ scopes: ALL_STEP_SCOPES });
  expect(authorize(grant, operationById("comments.delete"), AT, NOW)).toMatchObject({ allow: false, gate: "tool" });
  expect(authorize({ ...grant, agentStep: false, agent: null }, operationById("comments.delete"), AT, NOW).allow).toBe(
    true,
  );
});

describe("argument pins and call counts (rule 8)", () => {
  const operation = operationById("comments.create");
  const pinned = (rule: object) =>
    grantWith({
      scopes: ALL_STEP_SCOPES,
      tools: { default: null, tools: { addPullRequestComment: { permission: "allow", ...rule } } },
    });
  const comment = (args: Record<string, unknown>) => ({ repository: "demo/shop", arguments: args });

  test.each([
    [{ arguments: { pullRequestId: { equals: "1" } } }, { pullRequestId: 1 }, true],
    [{ arguments: { pullRequestId: { equals: "1" } } }, { pullRequestId: 2 }, false],
    [{ arguments: { pullRequestId: { equals: 1 } } }, {}, false],
    [{ arguments: { path: { glob: "docs/**" } } }, { path: "docs/a/b.md" }, true],
    [{ arguments: { path: { glob: "docs/*" } } }, { path: "docs/a/b.md" }, false],
    [{ arguments: { path: { glob: "docs/*" } } }, {}, false],
    [{ arguments: { content: { maxLength: 3 } } }, { content: "abc" }, true],
    [{ arguments: { content: { maxLength: 3 } } }, { content: "abcd" }, false],
    [{ arguments: { content: { maxLength: 3 } } }, {}, true],
  ])("%j with %j", (rule, args, allow) => {
    const decision = authorize(pinned(rule), operation, comment(args), NOW);
    expect(decision).toMatchObject(allow ? { allow } : { allow, gate: "argument" });
  });

  test("max-calls counts what was allowed before", () => {
    const grant = pinned({ maxCalls: 2 });
    expect(authorize(grant, operation, comment({}), { now: 0, calls: 1 }).allow).toBe(true);
    expect(authorize(grant, operation, comment({}), { now: 0, calls: 2 })).toMatchObject({
      allow: false,
      gate: "budget",
    });
  });
});

describe("refs of a push (rule 3, rule 9)", () => {
  const push = operationById("git.push");
  const ref = (
    name: string,
    kind: "create" | "update" | "force" | "delete" = "update",
    authorityFiles: readonly string[] = [],
  ) => ({
    repository: "demo/shop",
    arguments: {},
    refUpdate: { ref: name, kind, authorityFiles },
  });
  test.each([
    ["a branch", ref("refs/heads/notes", "create"), "allow"],
    ["the default branch", ref("refs/heads/main"), "branch"],
    ["a forced branch", ref("refs/heads/notes", "force"), "branch"],
    ["a deleted branch", ref("refs/heads/notes", "delete"), "branch"],
    ["a new tag", ref("refs/tags/v1", "create"), "allow"],
    ["a moved tag", ref("refs/tags/v1", "update"), "branch"],
    ["another name space", ref("refs/sallyport/x", "create"), "branch"],
    ["HEAD", ref("HEAD", "update"), "branch"],
    ["the pipeline file", ref("refs/heads/notes", "create", ["bitbucket-pipelines.yml"]), "authority-file"],
  ] as const)("%s", (_title, resource, gate) => {
    const decision = authorize(grantWith({ scopes: ALL_STEP_SCOPES }), push, resource, NOW);
    expect(decision).toMatchObject(gate === "allow" ? { allow: true } : { allow: false, gate });
  });
});

test("no egress, no package and no model without a line that grants it (rule 13)", () => {
  const grant = grantWith({ scopes: ALL_STEP_SCOPES });
  const none = { repository: null, arguments: {} };
  expect(
    authorize(grant, operationById("network.connect"), { ...none, destination: "example.com:443" }, NOW),
  ).toMatchObject({ allow: false, gate: "egress" });
  expect(authorize(grant, operationById("package.get"), { ...none, destination: "npm" }, NOW)).toMatchObject({
    allow: false,
    gate: "egress",
  });
  expect(authorize(grant, operationById("model.call"), { ...none, model: "anthropic" }, NOW)).toMatchObject({
    allow: false,
    gate: "model",
  });
  expect(
    authorize({ ...grant, models: ["anthropic"] }, operationById("model.call"), { ...none, model: "anthropic" }, NOW)
      .allow,
  ).toBe(true);
});

test("a denial for unreviewed text says so (rule 2)", () => {
  const decision = authorize(grantWith({ reviewed: false }), operationById("pullrequests.get"), AT, NOW);
  expect(decision).toMatchObject({
    allow: false,
    gate: "scope",
    needs: { change: expect.stringContaining("trusted file") },
  });
});
