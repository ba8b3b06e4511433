import { describe, expect, test } from "vitest";
import {
  authorize,
  GATES,
  operationById,
  OPERATIONS,
  type ArgumentRule,
  type Denial,
  type Grant,
  type Operation,
  type Resource,
} from "../../src/policy/index.ts";
import { ALL_STEP_SCOPES, grantWith } from "./grants.ts";

const NOW = { now: 0, calls: 0 };
const AT: Resource = { repository: "demo/shop", arguments: {}, createdByAgent: true };
const ALLOWED = { allow: true, ask: false };
const everything = grantWith({ scopes: ALL_STEP_SCOPES });
const shell = grantWith({ scopes: ALL_STEP_SCOPES, agent: null, agentStep: false });

/** The denial, which must say why and what a person would change. */
function denialOf(grant: Grant, operation: Operation | string, resource: Resource, context = NOW): Denial {
  const row = typeof operation === "string" ? operationById(operation) : operation;
  const decision = authorize(grant, row, resource, context);
  if (decision.allow) throw new TypeError(`${row.id} was allowed`);
  expect(GATES).toContain(decision.gate);
  expect(decision.reason).toMatch(/\w .*[^.\s]$/su);
  expect(decision.needs.change).toMatch(/\w .*[^.\s]$/su);
  return decision;
}

const pushing = (
  ref: string,
  kind: "create" | "update" | "force" | "delete",
  authorityFiles: readonly string[] = [],
) => ({
  ...AT,
  refUpdate: { ref, kind, authorityFiles },
});

test("the gates are asked in the order of their list, and each says what would open it (rule 11)", () => {
  const tool = "deployEverything";
  const operation: Operation = { ...operationById("git.push"), id: "network.connect", tool };
  const rule = (more: object) => ({ default: null, tools: { [tool]: { permission: "allow" as const, ...more } } });
  const pin = { arguments: { target: { equals: "a" } }, maxCalls: 1 };
  const push = { ref: "refs/heads/main", kind: "update" as const, authorityFiles: ["AGENTS.md"] };
  // Everything is wrong at first; each line mends one thing more, so the next gate answers.
  let grant = grantWith({ scopes: [], expiresAt: 5, tools: { default: null, tools: {} } });
  let row: Operation = { ...operation, outside: "it is elsewhere", humanGate: "a person merges" };
  let resource: Resource = { repository: "demo/other", arguments: {}, refUpdate: push };
  let context = { now: 5, calls: 1 };
  const steps: readonly (readonly [string, () => void])[] = [
    ["token", () => (context = { ...context, now: 4 })],
    ["repository", () => (row = { ...row, outside: null })],
    ["repository", () => (resource = { ...resource, repository: null })],
    ["human-gate", () => (row = { ...row, humanGate: null, ownOnly: true })],
    ["human-gate", () => (resource = { ...resource, createdByAgent: true })],
    ["scope", () => (grant = { ...grant, scopes: ALL_STEP_SCOPES })],
    ["tool", () => (grant = { ...grant, tools: rule(pin) })],
    ["argument", () => (resource = { ...resource, arguments: { target: "a" } })],
    ["budget", () => (context = { ...context, calls: 0 })],
    ["branch", () => (resource = { ...resource, refUpdate: { ...push, ref: "refs/heads/notes" } })],
    [
      "authority-file",
      () => (resource = { ...resource, refUpdate: { ...push, ref: "refs/heads/notes", authorityFiles: [] } }),
    ],
    ["egress", () => (row = { ...row, id: "model.call" })],
    ["model", () => (row = { ...row, id: "git.push" })],
  ];
  for (const [gate, mend] of steps) {
    expect(denialOf(grant, row, resource, context).gate).toBe(gate);
    mend();
  }
  expect(authorize(grant, row, resource, context)).toEqual(ALLOWED);
});

test("every row that no step may do says so in its own words, whatever the grant (rule 9, rule 4)", () => {
  for (const row of OPERATIONS) {
    if (row.outside === null && row.humanGate === null) continue;
    for (const repository of ["demo/shop", null]) {
      const denial = denialOf(shell, row, { ...AT, repository });
      expect([row.id, denial.gate, denial.reason]).toEqual([
        row.id,
        row.outside === null ? "human-gate" : "repository",
        row.outside ?? row.humanGate,
      ]);
    }
  }
});

describe("scopes", () => {
  const row = operationById("pullrequests.analyzeStatuses");
  const grant = grantWith({ scopes: ["read:repository:bitbucket", "read:pipeline:bitbucket"] });

  test("a denial names what is missing, and all that the operation needs", () => {
    const denial = denialOf(grant, row, AT);
    expect(denial.reason).toBe("needs read:pullrequest:bitbucket");
    expect(denial.needs.scopes).toEqual(["read:pullrequest:bitbucket", "read:pipeline:bitbucket"]);
    expect(denial.needs.change).toContain("add read:pullrequest:bitbucket to auth.system.scopes");
    expect(denialOf(grantWith({ scopes: [] }), row, AT).reason).toBe(
      "needs read:pullrequest:bitbucket and read:pipeline:bitbucket",
    );
    expect(denialOf(grantWith({ scopes: [] }), row, AT).needs.change).toContain(
      "read:pullrequest:bitbucket and read:pipeline:bitbucket",
    );
  });
});

describe("permissions (rule 5)", () => {
  const custom: Operation = { ...operationById("repository.get"), tool: "deployEverything" };
  const withTools = (tools: Grant["tools"]) => ({ ...everything, tools });

  test.each(["allow", "ask", null] as const)("default %s does not speak of a custom tool", (fallback) => {
    expect(denialOf(withTools({ default: fallback, tools: {} }), custom, AT)).toMatchObject({
      gate: "tool",
      reason: expect.stringContaining("deployEverything"),
      needs: { change: expect.stringContaining("deployEverything") },
    });
    for (const permission of ["allow", "ask"] as const) {
      const grant = withTools({ default: fallback, tools: { deployEverything: { permission } } });
      expect(authorize(grant, custom, AT, NOW)).toEqual({ allow: true, ask: permission === "ask" });
    }
  });

  test.each(["__proto__", "constructor", "toString", "hasOwnProperty"])("no rule is inherited: %j", (tool) => {
    expect(denialOf(withTools({ default: "allow", tools: {} }), { ...custom, tool }, AT).gate).toBe("tool");
  });

  test("an operation without a tool: open to agents, to shells, or by policy; never asked", () => {
    const row = { ...operationById("comments.delete"), id: "x.y" };
    expect(denialOf(everything, row, AT)).toMatchObject({ gate: "tool", reason: expect.stringContaining("x.y") });
    expect(authorize(shell, row, AT, NOW)).toEqual(ALLOWED);
    expect(authorize(everything, { ...row, openToAgents: true }, AT, NOW)).toEqual(ALLOWED);
    expect(authorize(withTools({ default: "deny", tools: {} }), { ...row, openToAgents: true }, AT, NOW)).toEqual(
      ALLOWED,
    );
    const lifted = (...operations: string[]) => ({
      ...everything,
      lifted: { authorityFiles: [], operations, branches: [], buildStatus: false },
    });
    expect(authorize(lifted("a.b", "x.y"), row, AT, NOW)).toEqual(ALLOWED);
    expect(denialOf(lifted("a.b"), row, AT).gate).toBe("tool");
  });
});

describe("argument pins (rule 8)", () => {
  const row = operationById("comments.create");
  const decide = (rule: ArgumentRule, value: unknown) =>
    authorize(
      grantWith({
        scopes: ALL_STEP_SCOPES,
        tools: { default: null, tools: { addPullRequestComment: { permission: "allow", arguments: { it: rule } } } },
      }),
      row,
      { ...AT, arguments: { other: "x", it: value } },
      NOW,
    );
  const impostor = { toString: () => "a", length: 1 };

  const ROWS: readonly (readonly [
    rule: ArgumentRule,
    good: readonly unknown[],
    bad: readonly unknown[],
    says: string,
  ])[] = [
    [{ equals: "a" }, ["a"], ["A", "", "ab", ["a"], impostor, null, undefined, true], "it must be a"],
    [{ equals: "7" }, ["7", 7], ["07", 7.5, "7 ", ["7"], 8], "it must be 7"],
    [{ equals: 7 }, ["7", 7], ["07", "8", [7], null], "it must be 7"],
    [{ equals: true }, [true, "true"], [false, 1, "false", ["true"], null, undefined], "it must be true"],
    [{ equals: false }, [false, "false"], [true, 0, "", null, undefined], "it must be false"],
    [{ equals: "true" }, ["true"], [true], "it must be true"],
    [{ equals: "null" }, ["null"], [null], "it must be null"],
    [{ equals: "undefined" }, ["undefined"], [undefined], "it must be undefined"],
    [
      { glob: "release/*" },
      ["release/1"],
      ["release/1/2", "main", 1, null, undefined, ["release/1"]],
      "it must match release/*",
    ],
    [{ glob: "**" }, ["", "1"], [1, true, null, undefined, [], {}], "it must match **"],
    [
      { maxLength: 2 },
      ["", "ab", undefined],
      ["abc", 1, null, ["a"], impostor, true],
      "it may have at most 2 characters",
    ],
  ];
  test.each(ROWS)("%j", (rule, good, bad, says) => {
    for (const value of good) expect(decide(rule, value)).toEqual(ALLOWED);
    for (const value of bad) {
      expect(decide(rule, value)).toEqual({
        allow: false,
        gate: "argument",
        reason: says,
        needs: { change: expect.stringContaining("addPullRequestComment") },
      });
    }
  });

  test("every pin is held, not only the first; no pin of another tool is", () => {
    const rules = (tool: string) => ({
      default: null,
      tools: {
        addPullRequestComment: { permission: "allow" as const },
        [tool]: { permission: "allow" as const, arguments: { a: { equals: 1 }, b: { equals: 2 } } },
      },
    });
    const ask = (tool: string, args: object) =>
      authorize({ ...everything, tools: rules(tool) }, row, { ...AT, arguments: { ...args } }, { now: 0, calls: 1e9 });
    expect(ask("addPullRequestComment", { a: 1, b: 2 })).toEqual(ALLOWED);
    expect(ask("addPullRequestComment", { a: 1, b: 3 })).toMatchObject({ gate: "argument", reason: "b must be 2" });
    expect(ask("getCommits", {})).toEqual(ALLOWED);
  });

  test("a spent budget says which tool, and how many calls", () => {
    const tools = { default: null, tools: { addPullRequestComment: { permission: "ask" as const, maxCalls: 0 } } };
    expect(denialOf({ ...everything, tools }, row, AT)).toMatchObject({
      gate: "budget",
      reason: expect.stringMatching(/addPullRequestComment .*\b0 times/u),
      needs: { change: expect.stringContaining("addPullRequestComment") },
    });
  });
});

describe("refs (rule 3, rule 9)", () => {
  const HEADS = "refs/heads/";
  test.each([
    [pushing("refs/heads/", "create"), /neither/u],
    [pushing("refs/heads", "create"), /neither/u],
    [pushing("x/refs/heads/notes", "create"), /neither/u],
    [pushing("refs/heads/a\nb", "create"), /neither/u],
    [pushing("x/refs/tags/v1", "create"), /neither/u],
    [pushing("refs/notes/refs/tags/", "create"), /neither/u],
    [pushing("refs/notes/x", "delete"), /neither/u],
    [pushing("refs/tags/v1", "delete"), /deletes/u],
    [pushing("refs/heads/notes", "delete"), /deletes/u],
    [pushing("refs/tags/v1", "force"), /rewrites/u],
    [pushing("refs/heads/notes", "force"), /rewrites/u],
    [pushing("refs/tags/v1", "update"), /moves a tag/u],
    [pushing("refs/heads/main", "create"), /main is protected/u],
  ] as const)("%j", (resource, says) => {
    for (const grant of [everything, shell]) {
      const denial = denialOf(grant, "git.push", resource);
      expect([denial.gate, denial.reason]).toEqual(["branch", expect.stringMatching(says)]);
    }
  });

  test("a branch protected by any of the globs, and a tag by none", () => {
    const grant = { ...shell, protectedBranches: ["release/*", "**"] };
    expect(denialOf(grant, "git.push", pushing("refs/heads/x", "update")).gate).toBe("branch");
    expect(authorize(grant, operationById("git.push"), pushing("refs/tags/v1", "create"), NOW)).toEqual(ALLOWED);
    const open = { ...shell, protectedBranches: ["release/*"] };
    expect(authorize(open, operationById("git.push"), pushing("refs/heads/main", "update"), NOW)).toEqual(ALLOWED);
  });

  test("agent-branches hold for agents and what they taint, one glob of each list; tags are none of them", () => {
    const decide = (changes: Partial<Grant>, ref: string) =>
      authorize({ ...shell, ...changes }, operationById("git.push"), pushing(ref, "create"), NOW);
    const lists = [["agents/**", "bot"], ["**/x"]];
    for (const who of [{ agentStep: true }, { tainted: true as const }]) {
      expect(decide({ ...who, agentBranches: lists }, "refs/heads/agents/x")).toEqual(ALLOWED);
      for (const name of ["agents/y", "bot", "other/x"]) {
        expect(decide({ ...who, agentBranches: lists }, HEADS + name)).toMatchObject({
          gate: "branch",
          reason: expect.stringContaining(`${name} is not a branch`),
          needs: { change: expect.stringContaining("agent-branches") },
        });
      }
      expect(decide({ ...who, agentBranches: [] }, "refs/heads/x")).toMatchObject({ gate: "branch" });
      expect(decide({ ...who, agentBranches: [[]] }, "refs/heads/x")).toMatchObject({ gate: "branch" });
      expect(decide({ ...who, agentBranches: lists }, "refs/tags/v1")).toEqual(ALLOWED);
      expect(decide(who, "refs/heads/x")).toEqual(ALLOWED);
    }
    expect(decide({ agentBranches: [] }, "refs/heads/x")).toEqual(ALLOWED);
  });

  test("what policy lifts is a glob of each list, and never nothing at all", () => {
    const decide = (lifted: Partial<NonNullable<Grant["lifted"]>>, ref: string, files: readonly string[] = []) =>
      authorize(
        { ...shell, lifted: { authorityFiles: [], operations: [], branches: [], buildStatus: false, ...lifted } },
        operationById("git.push"),
        pushing(ref, "update", files),
        NOW,
      );
    expect(decide({ branches: [["main"], ["m*", "x"]] }, "refs/heads/main")).toEqual(ALLOWED);
    for (const branches of [[], [[]], [["main"], ["x"]], [["main"], []], [["Main"]]]) {
      expect(decide({ branches }, "refs/heads/main")).toMatchObject({ gate: "branch" });
    }
    expect(decide({ authorityFiles: [["agents.md"], ["**"]] }, "refs/heads/x", ["AGENTS.md"])).toEqual(ALLOWED);
    for (const authorityFiles of [[], [[]], [["agents.md"], ["x"]], [["*.yml"]]]) {
      const decision = decide({ authorityFiles }, "refs/heads/x", ["AGENTS.md"]);
      expect(decision).toMatchObject({ gate: "authority-file", reason: expect.stringContaining("AGENTS.md says") });
    }
    // The first file is lifted, the second is named.
    expect(decide({ authorityFiles: [["agents.md"]] }, "refs/heads/x", ["AGENTS.md", "docs/CLAUDE.md"])).toMatchObject({
      reason: expect.stringContaining("docs/CLAUDE.md"),
    });
  });

  test("the build status is the only human gate that policy lifts, when it does", () => {
    const decide = (id: string, buildStatus: boolean) =>
      authorize(
        { ...shell, lifted: { authorityFiles: [], operations: [id], branches: [["**"]], buildStatus } },
        operationById(id),
        AT,
        NOW,
      );
    for (const { id, humanGate } of OPERATIONS) {
      if (humanGate === null) continue;
      const isStatus = id === "statuses.create" || id === "statuses.update";
      expect([id, decide(id, true).allow]).toEqual([id, isStatus]);
      expect(decide(id, false)).toMatchObject({ gate: "human-gate" });
    }
  });
});

describe("what is outside the forge (rule 13)", () => {
  const none = { repository: null, arguments: {} };
  test.each([
    ["network.connect", "a.example:443"],
    ["package.get", "npm"],
  ])("%s only to what the grant lists", (id, destination) => {
    const listed = { ...everything, egress: ["b.example:1", destination] };
    expect(authorize(listed, operationById(id), { ...none, destination }, NOW)).toEqual(ALLOWED);
    for (const other of [{}, { destination: "a.example" }, { destination: "" }, { destination: "b.example:2" }]) {
      expect(denialOf(listed, id, { ...none, ...other })).toMatchObject({
        gate: "egress",
        reason: expect.stringContaining("list"),
      });
      expect(denialOf(everything, id, { ...none, ...other }).reason).toContain("nothing");
    }
  });

  test("a model only of the grant's providers", () => {
    const grant = { ...everything, models: ["anthropic", "openai"] };
    for (const model of grant.models) {
      expect(authorize(grant, operationById("model.call"), { ...none, model }, NOW)).toEqual(ALLOWED);
    }
    for (const other of [{}, { model: "" }, { model: "gemini" }, { model: "anthropi" }]) {
      expect(denialOf(grant, "model.call", { ...none, ...other }).gate).toBe("model");
    }
  });

  test("no other operation is asked for a destination or a model", () => {
    expect(
      authorize(everything, operationById("repository.get"), { ...AT, destination: "x", model: "x" }, NOW),
    ).toEqual(ALLOWED);
  });
});
