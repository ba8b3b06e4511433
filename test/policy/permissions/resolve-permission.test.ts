import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  authorize,
  enforceDenials,
  intersectPermissions,
  mergeToolPermissions,
  operationById,
  resolvePermission,
  resolveServer,
  SHIPPED_TOOLS,
  SYSTEM_DENIED,
  tightenPermissions,
  type Permission,
  type ToolPermissions,
  type ToolRule,
} from "../../../src/policy/index.ts";
import { ALL_STEP_SCOPES, grantWith } from "../grants.ts";

type Said = Permission | null;
const SAID: readonly Said[] = [null, "allow", "ask", "deny"];

function permissionsWith(byDefault: Said, lines: Readonly<Record<string, Said>>): ToolPermissions {
  const tools = Object.entries(lines).flatMap(([name, permission]) =>
    permission === null ? [] : [[name, { permission }]],
  );
  // Sound: each entry has a name and a rule.
  return { default: byDefault, tools: Object.fromEntries(tools) as Record<string, ToolRule> };
}

/** The oracle: a shipped tool by its own line (rows) and `default` (columns: not said, allow, ask, deny). */
const SHIPPED: Readonly<Record<string, readonly [string, string, string, string]>> = {
  null: ["allow shipped", "allow default", "ask default", "deny default"],
  allow: ["allow line", "allow line", "allow line", "allow line"],
  ask: ["ask line", "ask line", "ask line", "ask line"],
  deny: ["deny denied", "deny denied", "deny denied", "deny denied"],
};

/** A custom tool by its own line (rows) and the line of its whole server (columns: not said, allow, ask, deny). */
const CUSTOM: Readonly<Record<string, readonly [string, string, string, string]>> = {
  null: ["deny unlisted", "deny unlisted", "deny unlisted", "deny server"],
  allow: ["allow line", "allow line", "ask server", "deny server"],
  ask: ["ask line", "ask line", "ask line", "deny server"],
  deny: ["deny denied", "deny denied", "deny denied", "deny denied"],
};

describe("rule 5: the line that decides", () => {
  test("every shipped tool, by its line and the default", () => {
    for (const tool of SHIPPED_TOOLS) {
      for (const line of SAID) {
        for (const [column, byDefault] of SAID.entries()) {
          const { permission, decidedBy } = resolvePermission(permissionsWith(byDefault, { [tool]: line }), tool);
          expect(`${permission} ${decidedBy}`).toBe(SHIPPED[String(line)]?.[column]);
        }
      }
    }
  });

  test("H3: a custom or new tool needs its own line, whatever the default and its server's line say", () => {
    for (const byDefault of SAID) {
      for (const line of SAID) {
        for (const [column, server] of SAID.entries()) {
          for (const name of ["find", "mcp__docs__find"]) {
            const permissions = permissionsWith(byDefault, { [name]: line, "mcp__docs__*": server });
            const { permission, decidedBy } = resolvePermission(permissions, "find", "docs");
            expect(`${permission} ${decidedBy}`).toBe(CUSTOM[String(line)]?.[column]);
          }
          expect(resolvePermission(permissionsWith(byDefault, {}), "newTool")).toEqual({
            permission: "deny",
            decidedBy: "unlisted",
            line: null,
          });
        }
      }
    }
  });

  test("a line about a tool of ours does not speak for a tool of that name elsewhere", () => {
    const permissions = permissionsWith("allow", { createPullRequest: "allow" });
    expect(resolvePermission(permissions, "createPullRequest", "docs").permission).toBe("deny");
  });

  test("a name that every object has is no line", () => {
    for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
      expect(resolvePermission({ default: "allow", tools: {} }, name)).toMatchObject({ decidedBy: "unlisted" });
    }
  });

  test("a server is open when it is named, and closed when it is disabled too", () => {
    const servers = { allowed: ["docs", "both"], disabled: ["both", "other"] };
    const permissions = { default: "allow", tools: { find: { permission: "allow" } }, servers } as const;
    const ORACLE = { docs: "allow", both: "deny", other: "deny", unknown: "deny" };
    for (const [server, permission] of Object.entries(ORACLE)) {
      expect(resolveServer(permissions, server).permission, server).toBe(permission);
    }
    expect(resolvePermission(permissions, "find", "both")).toMatchObject({ permission: "deny", decidedBy: "server" });
    expect(resolveServer({ default: "allow", tools: {} }, "docs").permission).toBe("deny");
  });

  test("rule 11: a denial names the line that decided", () => {
    const reasonFor = (tools: ToolPermissions): string => {
      const decision = authorize(
        grantWith({ scopes: ALL_STEP_SCOPES, tools }),
        operationById("pullrequests.create"),
        { repository: "demo/shop", arguments: {} },
        { now: 0, calls: 0 },
      );
      return decision.allow ? "allowed" : decision.reason;
    };
    const said = "createPullRequest is denied to this agent by";
    expect(reasonFor({ default: "deny", tools: {} })).toBe(`${said} toolPermissions.default`);
    expect(reasonFor({ default: "deny", defaultLine: "permissions.deny: mcp__bitbucket", tools: {} })).toBe(
      `${said} permissions.deny: mcp__bitbucket`,
    );
    expect(reasonFor(permissionsWith("allow", { createPullRequest: "deny" }))).toBe(
      `${said} toolPermissions.tools.createPullRequest`,
    );
  });
});

describe("rule 8: a pin compares what is written with what is sent", () => {
  const PIN_CASES: readonly (readonly [pin: string | number | boolean, sent: unknown, allowed: boolean])[] = [
    ["7", 7, true],
    [7, "7", true],
    [7, 7, true],
    ["7", "7", true],
    ["7", "07", false],
    ["7", 70, false],
    ["7", " 7", false],
    ["7", undefined, false],
    ["7", null, false],
    ["7", [7], false],
    ["7", { value: 7 }, false],
    ["$BITBUCKET_PR_ID", 7, false],
  ];
  test.each(PIN_CASES)("rule 8: pinned to %j, sent %j", (equals, sent, allowed) => {
    const rule: ToolRule = { permission: "allow", arguments: { pullRequestId: { equals } } };
    const grant = grantWith({
      scopes: ALL_STEP_SCOPES,
      tools: { default: null, tools: { addPullRequestComment: rule } },
    });
    const resource = { repository: "demo/shop", arguments: { pullRequestId: sent } };
    expect(authorize(grant, operationById("comments.create"), resource, { now: 0, calls: 0 }).allow).toBe(allowed);
  });
});

const name = fc.constantFrom(
  "createPullRequest",
  "getPullRequests",
  "find",
  "mcp__docs__find",
  "mcp__docs__*",
  "bash",
  ...SYSTEM_DENIED,
);
const permission = fc.constantFrom<Permission>("allow", "ask", "deny");
const maybe = <Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> =>
  fc.option(arbitrary, { nil: null });
const layer: fc.Arbitrary<ToolPermissions> = fc.record(
  {
    default: maybe(permission),
    tools: fc.dictionary(
      name,
      permission.map((one) => ({ permission: one })),
    ),
    bash: fc.record({
      default: maybe(permission),
      commands: maybe(fc.array(fc.record({ command: fc.constantFrom("git.*", "git push", "make"), permission }))),
      env: fc.subarray(["A", "B"]),
    }),
    servers: fc.record({ allowed: maybe(fc.subarray(["docs", "other"])), disabled: fc.subarray(["docs", "other"]) }),
    allowedExternalPaths: fc.subarray(["/a", "/b"]),
  },
  { requiredKeys: ["default", "tools"] },
);

const QUESTIONS: readonly (readonly [string, string | null])[] = [
  ["createPullRequest", null],
  ["getPullRequests", null],
  ["getPullRequestDiff", null],
  ["find", "docs"],
  ["find", "other"],
  ["new", "docs"],
  ["new", null],
];
const ORDER: readonly Permission[] = ["allow", "ask", "deny"];

function strictness(permissions: ToolPermissions, [tool, server]: (typeof QUESTIONS)[number]): number {
  return ORDER.indexOf(resolvePermission(permissions, tool, server).permission);
}

describe("layers", () => {
  test("no layer enlarges what a denial of the system refuses", () => {
    fc.assert(
      fc.property(
        fc.array(layer, { minLength: 1, maxLength: 5 }),
        fc.subarray(["createPullRequest", "find"]),
        (layers, more) => {
          const merged = layers.reduce(mergeToolPermissions);
          const enforced = enforceDenials(merged, [...SYSTEM_DENIED, ...more]);
          for (const tool of [...SYSTEM_DENIED, ...more]) {
            expect(resolvePermission(enforced, tool).permission).toBe("deny");
            if (tool === "find") expect(resolvePermission(enforced, tool, "docs").permission).toBe("deny");
            const both = intersectPermissions([enforced, merged]);
            expect(resolvePermission(both, tool).permission).toBe("deny");
          }
        },
      ),
    );
  });

  test("the layer above decides about each tool that it names", () => {
    fc.assert(
      fc.property(layer, layer, (below, above) => {
        const merged = mergeToolPermissions(below, above);
        for (const [tool, rule] of Object.entries(above.tools)) expect(merged.tools[tool]).toEqual(rule);
        expect(merged.default).toBe(above.default ?? below.default);
      }),
    );
  });

  test("attack 45: what several agents may do is at most what each may", () => {
    fc.assert(
      fc.property(layer, layer, (a, b) => {
        const both = intersectPermissions([a, b]);
        for (const question of QUESTIONS) {
          const strictest = Math.max(strictness(a, question), strictness(b, question));
          expect(strictness(both, question)).toBeGreaterThanOrEqual(strictest);
        }
        for (const server of ["docs", "other"]) {
          if (resolveServer(both, server).permission !== "allow") continue;
          expect([resolveServer(a, server).permission, resolveServer(b, server).permission]).toEqual([
            "allow",
            "allow",
          ]);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("two texts about one agent: what either denies or asks about stays so", () => {
    fc.assert(
      fc.property(layer, layer, (a, b) => {
        const both = tightenPermissions(a, b);
        for (const question of QUESTIONS) {
          for (const one of [a, b]) {
            if (resolvePermission(one, ...question).decidedBy === "unlisted") continue;
            expect(strictness(both, question)).toBeGreaterThanOrEqual(strictness(one, question));
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
