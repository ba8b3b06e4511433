import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  applyCeilings,
  authorize,
  ceilingsFor,
  IMPLICIT_SCOPE,
  NO_EXCEPTIONS,
  OPERATIONS,
  operationById,
  STEP_SCOPES,
  type Ceiling,
  type Grant,
  type GrantRequest,
  type PolicyExceptions,
  type PolicyRules,
  type Resource,
} from "../../src/policy/index.ts";
import { grantWith } from "../policy/grants.ts";
import { ceilingsOf, policyOf } from "./policies.ts";

const BRANCHES = ["main", "release/1", "feature/x"];
const FILES = ["AGENTS.md", "docs/CLAUDE.md", "bitbucket-pipelines.yml"];
const GLOBS = ["**", "main", "release/*", "feature/**", "docs/**", "*.md", "agents.md"];
const HOSTS = ["a.example:443", "b.a.example:443", "c.example:8443"];

/** Without a tool, and only kept from steps with an agent. */
const LIFTABLE = OPERATIONS.filter(
  ({ tool, openToAgents, humanGate, outside }) =>
    tool === null && !openToAgents && humanGate === null && outside === null,
).map(({ id }) => id);

const some = <Item>(items: readonly Item[]) => fc.subarray([...items]);
const maybe = <Item>(items: readonly Item[]) => fc.option(some(items), { nil: null });

const exceptions: fc.Arbitrary<PolicyExceptions> = fc.record({
  authorityFiles: some(GLOBS),
  operations: some(LIFTABLE),
  branches: some(GLOBS),
  buildStatus: fc.boolean(),
  edges: fc.constant([]),
  securedVariables: fc.constant([]),
});

const rules: fc.Arbitrary<PolicyRules> = fc.record({
  scopes: maybe(STEP_SCOPES),
  maxTime: fc.option(fc.integer({ min: 1, max: 720 }), { nil: null }),
  providers: fc.constant(null),
  models: maybe(["anthropic", "openai"]),
  servers: fc.constant(null),
  egress: maybe([...HOSTS, "*.a.example:443"]),
  boxes: fc.constant(null),
  boxProtections: fc.constant([]),
  approvers: fc.constant(null),
  trustedBranches: fc.constant(null),
  agentBranches: maybe(GLOBS),
  closeOpenEgress: fc.boolean(),
  exceptions,
});

const ceiling: fc.Arbitrary<Ceiling> = rules.map((one) => ({ policy: "p.yml", rules: one }));

const request: fc.Arbitrary<GrantRequest> = fc
  .record({
    scopes: some(STEP_SCOPES).map((scopes) => [...new Set([IMPLICIT_SCOPE, ...scopes])].sort()),
    models: some(["anthropic", "openai"]),
    egress: some(HOSTS),
    minutes: fc.integer({ min: 1, max: 720 }),
    reviewed: fc.boolean(),
    agentStep: fc.boolean(),
    tainted: fc.boolean(),
  })
  .map(({ minutes, tainted, ...fields }) => ({
    ...grantWith({ ...fields, agent: null, expiresAt: minutes * 60_000 }),
    ...(tainted ? { tainted: true as const } : {}),
    startsAt: 0,
  }));

const resourceOf = (changes: Partial<Resource>): Resource => ({
  repository: "demo/shop",
  arguments: {},
  createdByAgent: true,
  ...changes,
});

/** Something of every operation, and of those whose resource decides, many. */
const ATTEMPTS: readonly (readonly [operation: string, resource: Resource])[] = [
  ...OPERATIONS.map(({ id }) => [id, resourceOf({})] as const),
  ...BRANCHES.flatMap((branch) =>
    [[], ...FILES.map((file) => [file]), FILES].map((authorityFiles) => {
      const refUpdate = { ref: `refs/heads/${branch}`, kind: "update" as const, authorityFiles };
      return ["git.push", resourceOf({ refUpdate })] as const;
    }),
  ),
  ...HOSTS.map((destination) => ["network.connect", resourceOf({ repository: null, destination })] as const),
  ...["anthropic", "openai"].map((model) => ["model.call", resourceOf({ repository: null, model })] as const),
];

/** Attempts that `grant` allows at some minute, as text. */
function allowedBy(grant: Grant): ReadonlySet<string> {
  return new Set(
    [0, 30, 300].flatMap((minute) =>
      ATTEMPTS.flatMap(([id, resource]) => {
        const decision = authorize(grant, operationById(id), resource, { now: minute * 60_000, calls: 0 });
        return decision.allow ? [`${minute} ${id} ${JSON.stringify(resource)}`] : [];
      }),
    ),
  );
}

const beyond = (inner: Grant, outer: Grant): readonly string[] => {
  const allowed = allowedBy(outer);
  return [...allowedBy(inner)].filter((attempt) => !allowed.has(attempt));
};

describe("rule 2: policies intersect, and nothing enlarges what the layer above allowed", () => {
  test("one more policy never allows one attempt more", () => {
    fc.assert(
      fc.property(request, fc.array(ceiling, { minLength: 1, maxLength: 3 }), ceiling, (asked, ceilings, more) => {
        const before = applyCeilings(asked, ceilings);
        expect(beyond(applyCeilings(asked, [...ceilings, more]), before)).toEqual([]);
        expect(beyond(applyCeilings(asked, [more, ...ceilings]), before)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  test("a first policy that lifts nothing never allows one attempt more than none", () => {
    fc.assert(
      fc.property(request, ceiling, (asked, first) => {
        const plain = { ...first, rules: { ...first.rules, exceptions: NO_EXCEPTIONS } };
        expect(beyond(applyCeilings(asked, [plain]), applyCeilings(asked, []))).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  test("a request that claims exceptions of its own gets none", () => {
    const everything = { authorityFiles: [["**"]], operations: LIFTABLE, branches: [["**"]], buildStatus: true };
    const forged = { ...grantWith({ lifted: everything, agentBranches: [] }), startsAt: 0 };
    expect(applyCeilings(forged, []).lifted).toBeUndefined();
    expect(applyCeilings(forged, ceilingsOf("max-time: 1")).lifted).toBeUndefined();
  });

  test("the order of policies does not matter", () => {
    fc.assert(
      fc.property(request, fc.array(ceiling, { maxLength: 3 }), (asked, ceilings) => {
        const [one, other] = [applyCeilings(asked, ceilings), applyCeilings(asked, ceilings.toReversed())];
        expect([...allowedBy(one)]).toEqual([...allowedBy(other)]);
      }),
      { numRuns: 80 },
    );
  });

  test("an override never allows one attempt more than its file", () => {
    fc.assert(
      fc.property(request, rules, rules, (asked, file, own) => {
        const policy = { path: "p.yml", digest: "", rules: file, repositories: [{ repository: "demo/*", rules: own }] };
        const alone = ceilingsFor([{ ...policy, repositories: [] }], "demo/shop");
        expect(beyond(applyCeilings(asked, ceilingsFor([policy], "demo/shop")), applyCeilings(asked, alone))).toEqual(
          [],
        );
      }),
      { numRuns: 80 },
    );
  });
});

const ASKED: GrantRequest = {
  ...grantWith({
    scopes: [IMPLICIT_SCOPE, "write:pullrequest:bitbucket", "write:repository:bitbucket"],
    models: ["anthropic"],
    egress: ["a.example:443"],
    expiresAt: 120 * 60_000,
  }),
  startsAt: 0,
};

test("the grant says what each policy cut", () => {
  const policies = [
    policyOf("scopes: [write:repository:bitbucket]\nmax-time: 60\n", "/a.yml"),
    policyOf("models: []\negress: []\nmax-time: 30\n", "/b.yml"),
  ];
  const { cuts, scopes, expiresAt } = applyCeilings(ASKED, ceilingsFor(policies, "demo/shop"));
  expect(scopes).toEqual([IMPLICIT_SCOPE, "write:repository:bitbucket"]);
  expect(expiresAt).toBe(30 * 60_000);
  expect(cuts).toEqual([
    { policy: "/a.yml", what: "max-time beyond 60 minutes" },
    { policy: "/a.yml", what: "scope write:pullrequest:bitbucket" },
    { policy: "/b.yml", what: "max-time beyond 30 minutes" },
    { policy: "/b.yml", what: "model anthropic" },
    { policy: "/b.yml", what: "egress a.example:443" },
  ]);
  expect(applyCeilings(ASKED, ceilingsOf("max-time: 720"))).not.toHaveProperty("cuts");
});

describe("what policy lifts", () => {
  const push = (grant: Grant, branch: string, authorityFiles: readonly string[] = []) =>
    authorize(
      grant,
      operationById("git.push"),
      resourceOf({ refUpdate: { ref: `refs/heads/${branch}`, kind: "update", authorityFiles } }),
      { now: 0, calls: 0 },
    );
  const clean = { ...ASKED, agent: null, agentStep: false, protectedBranches: ["main", "release/*"] };
  const allow = { allow: true, ask: false };

  test("rule 9: a protected branch, for a reviewed step without agent and taint only, and never by force", () => {
    const ceilings = ceilingsOf("exceptions: {branches: ['release/*']}");
    expect(push(applyCeilings(clean, ceilings), "release/1")).toEqual(allow);
    expect(push(applyCeilings(clean, ceilings), "main")).toMatchObject({ gate: "branch" });
    for (const less of [{ agentStep: true }, { reviewed: false }, { tainted: true as const }]) {
      expect(push(applyCeilings({ ...clean, ...less }, ceilings), "release/1")).toMatchObject({ gate: "branch" });
    }
    expect(
      push(applyCeilings(clean, ceilingsOf("exceptions: {branches: ['release/*']}", "")), "release/1"),
    ).toMatchObject({ gate: "branch" });
  });

  test("rule 9, attack 44: a build status, for a reviewed step without agent and taint only; nothing else of the human gate", () => {
    const ceilings = ceilingsOf("exceptions: {build-status: true}");
    const post = (grant: Grant, id: string) =>
      authorize(grant, operationById(id), resourceOf({}), { now: 0, calls: 0 });
    expect(post(applyCeilings(clean, ceilings), "statuses.create")).toEqual(allow);
    expect(post(applyCeilings(clean, []), "statuses.create")).toMatchObject({ gate: "human-gate" });
    expect(post(applyCeilings(clean, ceilings), "pullrequests.merge")).toMatchObject({ gate: "human-gate" });
    expect(post(applyCeilings({ ...clean, scopes: [IMPLICIT_SCOPE] }, ceilings), "statuses.create")).toMatchObject({
      gate: "scope",
    });
    for (const less of [{ agentStep: true }, { reviewed: false }, { tainted: true as const }]) {
      expect(post(applyCeilings({ ...clean, ...less }, ceilings), "statuses.create")).toMatchObject({
        gate: "human-gate",
      });
    }
  });

  test("rule 3: authority files by glob, each of them", () => {
    const grant = applyCeilings(ASKED, ceilingsOf("exceptions: {authority-files: ['docs/*.MD']}"));
    expect(push(grant, "feature", ["docs/AGENTS.md"])).toEqual(allow);
    expect(push(grant, "feature", ["docs/AGENTS.md", "AGENTS.md"])).toMatchObject({ gate: "authority-file" });
    expect(push(applyCeilings(ASKED, []), "feature", ["docs/AGENTS.md"])).toMatchObject({ gate: "authority-file" });
  });

  test("rule 5: an operation without a tool, by id", () => {
    const ask = (grant: Grant, id: string) => authorize(grant, operationById(id), resourceOf({}), { now: 0, calls: 0 });
    const grant = applyCeilings(ASKED, ceilingsOf("exceptions: {operations: [comments.delete]}"));
    expect(ask(grant, "comments.delete")).toEqual(allow);
    expect(ask(grant, "tasks.delete")).toMatchObject({ gate: "tool" });
  });

  test("agent-branches: a step with an agent, or with its artifacts, writes no other branch", () => {
    const ceilings = ceilingsOf("agent-branches: ['agents/**']", "agent-branches: ['**/notes', agents/other]");
    expect(push(applyCeilings(ASKED, ceilings), "agents/notes")).toEqual(allow);
    expect(push(applyCeilings(ASKED, ceilings), "agents/x")).toMatchObject({ gate: "branch" });
    expect(push(applyCeilings({ ...clean, tainted: true }, ceilings), "feature")).toMatchObject({ gate: "branch" });
    expect(push(applyCeilings(clean, ceilings), "feature")).toEqual(allow);
  });
});
