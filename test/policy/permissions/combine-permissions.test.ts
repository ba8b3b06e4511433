import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  intersectPermissions,
  mergeToolPermissions,
  resolvePermission,
  tightenPermissions,
  type BashPermissions,
  type ServerPermissions,
  type ToolPermissions,
  type ToolRule,
} from "../../../src/policy/index.ts";

const NOTHING: ToolPermissions = { default: null, tools: {} };

function withTools(tools: Readonly<Record<string, ToolRule>>): ToolPermissions {
  return { default: null, tools };
}

const allow: ToolRule = { permission: "allow" };
const ask: ToolRule = { permission: "ask" };
const deny: ToolRule = { permission: "deny" };

describe("two agents, and two texts about one agent: the default", () => {
  const CASES: readonly (readonly [
    a: Partial<ToolPermissions>,
    b: Partial<ToolPermissions>,
    Partial<ToolPermissions>,
  ])[] = [
    [{}, {}, { default: null }],
    [{ default: "allow", defaultLine: "one" }, {}, { default: "allow", defaultLine: "one" }],
    [{}, { default: "ask", defaultLine: "two" }, { default: "ask", defaultLine: "two" }],
    [
      { default: "allow", defaultLine: "one" },
      { default: "deny", defaultLine: "two" },
      { default: "deny", defaultLine: "two" },
    ],
    [
      { default: "deny", defaultLine: "one" },
      { default: "ask", defaultLine: "two" },
      { default: "deny", defaultLine: "one" },
    ],
    [
      { default: "ask", defaultLine: "one" },
      { default: "ask", defaultLine: "two" },
      { default: "ask", defaultLine: "one" },
    ],
    [{ default: "ask" }, { default: "allow", defaultLine: "two" }, { default: "ask" }],
  ];
  test.each(CASES)("%j and %j", (a, b, expected) => {
    const [one, other] = [
      { ...NOTHING, ...a },
      { ...NOTHING, ...b },
    ];
    expect(intersectPermissions([one, other])).toStrictEqual({ ...NOTHING, ...expected });
    expect(tightenPermissions(one, other)).toStrictEqual({ ...NOTHING, ...expected });
  });

  test("attack 45: no agent has nothing, one has what it has, three have the strictest", () => {
    expect(intersectPermissions([])).toStrictEqual(NOTHING);
    const one = withTools({ find: { ...allow, line: "here" } });
    expect(intersectPermissions([one])).toStrictEqual(one);
    const all = [withTools({ find: allow }), withTools({ find: ask }), withTools({ find: allow })];
    expect(intersectPermissions(all)).toStrictEqual(withTools({ find: ask }));
  });
});

describe("two agents, and two texts about one agent: a shipped tool", () => {
  const CASES: readonly (readonly [string, a: ToolPermissions, b: ToolPermissions, expected: ToolRule])[] = [
    ["not said is allowed", withTools({ getPullRequests: allow }), NOTHING, allow],
    ["not said is allowed, in the other order", NOTHING, withTools({ getPullRequests: ask }), ask],
    [
      "the default of the other, with its place",
      withTools({ getPullRequests: allow }),
      { default: "deny", defaultLine: "settings", tools: {} },
      { permission: "deny", line: "settings" },
    ],
    [
      "the default of the other, at its usual place",
      withTools({ getPullRequests: allow }),
      { default: "ask", tools: {} },
      { permission: "ask", line: "toolPermissions.default" },
    ],
    [
      "its own line before its default",
      withTools({ getPullRequests: { ...ask, line: "one" } }),
      { default: "deny", tools: { getPullRequests: { ...ask, line: "two" } } },
      { permission: "ask", line: "one" },
    ],
    [
      "the place of the stricter",
      withTools({ getPullRequests: { ...ask, line: "one" } }),
      withTools({ getPullRequests: { ...deny, line: "two" } }),
      { permission: "deny", line: "two" },
    ],
    [
      "no place when the stricter has none",
      withTools({ getPullRequests: deny }),
      withTools({ getPullRequests: { ...allow, line: "two" } }),
      deny,
    ],
  ];
  test.each(CASES)("%s", (_title, a, b, expected) => {
    expect(intersectPermissions([a, b]).tools).toStrictEqual({ getPullRequests: expected });
    expect(tightenPermissions(a, b).tools).toStrictEqual({ getPullRequests: expected });
  });
});

describe("a custom tool that one of the two does not list", () => {
  test.each([
    [withTools({ find: { ...ask, line: "one", maxCalls: 3 } }), NOTHING],
    [NOTHING, withTools({ find: { ...ask, line: "one", maxCalls: 3 } })],
    [withTools({ find: { ...ask, line: "one", maxCalls: 3 } }), { default: "allow", tools: {} }] as const,
  ])("attack 45: of two agents no one has it, of two texts one is enough: %j, %j", (a, b) => {
    expect(intersectPermissions([a, b]).tools).toStrictEqual({ find: { permission: "deny", maxCalls: 3 } });
    expect(tightenPermissions(a, b).tools).toStrictEqual({ find: { permission: "ask", line: "one", maxCalls: 3 } });
  });
});

describe("rule 8: pins and counts of two rules", () => {
  const CASES: readonly (readonly [string, a: Partial<ToolRule>, b: Partial<ToolRule>, expected: ToolRule])[] = [
    ["one pin", { arguments: { x: { equals: 1 } } }, {}, { ...allow, arguments: { x: { equals: 1 } } }],
    ["the other's pin", {}, { arguments: { x: { glob: "a*" } } }, { ...allow, arguments: { x: { glob: "a*" } } }],
    [
      "pins on different arguments",
      { arguments: { x: { equals: 1 } } },
      { arguments: { y: { maxLength: 4 } } },
      { ...allow, arguments: { x: { equals: 1 }, y: { maxLength: 4 } } },
    ],
    [
      "the same pin",
      { arguments: { x: { equals: 1 }, y: { equals: "a" } } },
      { arguments: { x: { equals: 1 } } },
      { ...allow, arguments: { x: { equals: 1 }, y: { equals: "a" } } },
    ],
    [
      "different pins on one argument are met by nothing",
      { arguments: { w: { equals: 0 }, x: { equals: 1 } } },
      { arguments: { x: { equals: 2 } } },
      { ...deny, arguments: { w: { equals: 0 }, x: { equals: 2 } } },
    ],
    [
      "an argument named like what every object has",
      { arguments: { toString: { equals: "a" } } },
      { arguments: { x: { equals: 1 } } },
      { ...allow, arguments: { toString: { equals: "a" }, x: { equals: 1 } } },
    ],
    ["no pins", { arguments: {} }, { arguments: {} }, allow],
    ["the smaller count", { maxCalls: 5 }, { maxCalls: 2 }, { ...allow, maxCalls: 2 }],
    ["one count", { maxCalls: 5 }, {}, { ...allow, maxCalls: 5 }],
    ["the other's count", {}, { maxCalls: 5 }, { ...allow, maxCalls: 5 }],
    ["none at all", { maxCalls: 0 }, { maxCalls: 7 }, { ...allow, maxCalls: 0 }],
  ];
  test.each(CASES)("%s", (_title, a, b, expected) => {
    const [one, other] = [withTools({ find: { ...allow, ...a } }), withTools({ find: { ...allow, ...b } })];
    expect(intersectPermissions([one, other]).tools).toStrictEqual({ find: expected });
    expect(tightenPermissions(one, other).tools).toStrictEqual({ find: expected });
  });
});

function bash(changes: Partial<BashPermissions>): ToolPermissions {
  return { ...NOTHING, bash: { default: null, commands: [], env: [], ...changes } };
}

describe("shell rules", () => {
  test("said by one only", () => {
    const one = bash({ default: "allow", commands: null, env: ["A"] });
    for (const both of [intersectPermissions([one, NOTHING]), intersectPermissions([NOTHING, one])]) {
      expect(both).toStrictEqual(one);
    }
  });

  test.each([
    [null, null, null],
    ["allow", "allow", "allow"],
    // Nothing said is to ask (reference, section 4).
    ["allow", null, "ask"],
    [null, "allow", "ask"],
    ["deny", null, "deny"],
    [null, "deny", "deny"],
    ["allow", "deny", "deny"],
    ["ask", "allow", "ask"],
  ] as const)("the defaults %s and %s are %s", (a, b, expected) => {
    expect(intersectPermissions([bash({ default: a }), bash({ default: b })]).bash?.default).toBe(expected);
    expect(tightenPermissions(bash({ default: a }), bash({ default: b })).bash?.default).toBe(expected);
  });

  test.each([
    ["git.* allow, make allow", "make allow, npm allow", "make allow"],
    ["make allow", "make ask", "make ask"],
    ["make ask", "make allow", "make ask"],
    ["make deny", "make allow", "make deny"],
    ["make deny, npm ask", "git ask, gh deny", "make deny, npm ask, git ask, gh deny"],
    ["make allow", "", ""],
    ["", "make allow", ""],
    ["make allow, npm allow", "npm allow, make allow", "make allow, npm allow"],
  ])("the lines %j and %j are %j", (a, b, expected) => {
    const linesOf = (text: string): BashPermissions["commands"] =>
      text
        .split(", ")
        .filter((line) => line !== "")
        .map((line) => {
          const [command = "", permission] = line.split(" ");
          // Sound: the lines are written here.
          return { command, permission: permission as ToolRule["permission"] };
        });
    const [one, other] = [bash({ commands: linesOf(a) }), bash({ commands: linesOf(b) })];
    expect(intersectPermissions([one, other]).bash?.commands).toStrictEqual(linesOf(expected));
    expect(tightenPermissions(one, other).bash?.commands).toStrictEqual(linesOf(expected));
  });

  test("no lines at all, and only the variables of both", () => {
    const [one, other] = [bash({ commands: null, env: ["A", "B"] }), bash({ commands: null, env: ["C", "B"] })];
    expect(intersectPermissions([one, other])).toStrictEqual(bash({ env: ["B"] }));
  });
});

describe("folders outside the clone", () => {
  const CASES = [
    [null, null, null, null],
    [["/a", "/b"], null, [], ["/a", "/b"]],
    [null, ["/a"], [], ["/a"]],
    [["/a", "/b"], ["/b", "/c"], ["/b"], ["/b"]],
    [["/a"], ["/b"], [], []],
  ] as const;
  test.each(CASES.map((row) => ({ row })))("$row", ({ row: [a, b, agents, texts] }) => {
    const withPaths = (paths: readonly string[] | null): ToolPermissions =>
      paths === null ? NOTHING : { ...NOTHING, allowedExternalPaths: paths };
    expect(intersectPermissions([withPaths(a), withPaths(b)])).toStrictEqual(withPaths(agents));
    expect(tightenPermissions(withPaths(a), withPaths(b))).toStrictEqual(withPaths(texts));
  });
});

describe("custom servers", () => {
  type Servers = ServerPermissions | null;
  const named = (...allowed: readonly string[]): ServerPermissions => ({ allowed, disabled: [] });
  const off = (...disabled: readonly string[]): ServerPermissions => ({ allowed: null, disabled });
  const CASES: readonly (readonly [a: Servers, b: Servers, agents: Servers, texts: Servers])[] = [
    [null, null, null, null],
    [named("docs"), null, off(), named("docs")],
    [null, named("docs"), off(), named("docs")],
    [off("x"), null, off("x"), off("x")],
    [null, off("x"), off("x"), off("x")],
    [off("x", "y"), off("y", "z"), off("x", "y", "z"), off("x", "y", "z")],
    [named("a", "b"), named("b", "c"), named("b"), named("b")],
    [named("a"), named("b"), named(), named()],
    [off("x"), named("a"), off("x"), { allowed: ["a"], disabled: ["x"] }],
  ];
  test.each(CASES.map((row) => ({ row })))("M10: $row", ({ row: [a, b, agents, texts] }) => {
    const withServers = (servers: Servers): ToolPermissions => (servers === null ? NOTHING : { ...NOTHING, servers });
    expect(intersectPermissions([withServers(a), withServers(b)])).toStrictEqual(withServers(agents));
    expect(tightenPermissions(withServers(a), withServers(b))).toStrictEqual(withServers(texts));
  });
});

describe("two layers of one configuration", () => {
  const full: ToolPermissions = {
    default: "ask",
    defaultLine: "low",
    tools: { find: ask, getPullRequests: deny },
    bash: { default: "deny", commands: [{ command: "make", permission: "ask" }], env: ["A", "B"] },
    allowedExternalPaths: ["/low"],
    servers: { allowed: ["docs"], disabled: ["x", "y"] },
  };
  const CASES: readonly (readonly [
    string,
    below: ToolPermissions,
    above: ToolPermissions,
    expected: ToolPermissions,
  ])[] = [
    ["nothing and nothing", NOTHING, NOTHING, NOTHING],
    ["all from below", full, NOTHING, full],
    ["all from above", NOTHING, full, full],
    ["a default above has its own place", full, { default: "allow", tools: {} }, without(full, "allow")],
    ["the tool above", full, withTools({ find: allow }), { ...full, tools: { find: allow, getPullRequests: deny } }],
    [
      "the list of folders above",
      full,
      { ...NOTHING, allowedExternalPaths: [] },
      { ...full, allowedExternalPaths: [] },
    ],
    [
      "the shell's default and lines above, the variables of both",
      full,
      bash({ default: "allow", commands: [], env: ["C", "B"] }),
      { ...full, bash: { default: "allow", commands: [], env: ["A", "B", "C"] } },
    ],
    [
      "the shell's default and lines below, where nothing is said above",
      full,
      bash({ default: null, commands: null }),
      full,
    ],
    [
      "the servers named above, and those disabled by either",
      full,
      { ...NOTHING, servers: { allowed: ["other"], disabled: ["z", "y"] } },
      { ...full, servers: { allowed: ["other"], disabled: ["x", "y", "z"] } },
    ],
    [
      "the servers named below, where none is named above",
      full,
      { ...NOTHING, servers: { allowed: null, disabled: [] } },
      full,
    ],
  ];
  test.each(CASES)("%s", (_title, below, above, expected) => {
    expect(mergeToolPermissions(below, above)).toStrictEqual(expected);
  });

  function without({ defaultLine: _place, ...rest }: ToolPermissions, byDefault: "allow"): ToolPermissions {
    return { ...rest, default: byDefault };
  }
});

describe("any permissions", () => {
  const permission = fc.constantFrom("allow", "ask", "deny");
  const names = ["getPullRequests", "find", "mcp__docs__find", "mcp__docs__*"];
  const permissions: fc.Arbitrary<ToolPermissions> = fc.record({
    default: fc.option(permission, { nil: null }),
    tools: fc.dictionary(fc.constantFrom(...names), fc.record({ permission })),
    servers: fc.record({ allowed: fc.constant(null), disabled: fc.subarray(["docs"]) }),
  });
  const answers = (said: ToolPermissions): readonly string[] =>
    [...SHIPPED, ...CUSTOM].map(([tool, server]) => resolvePermission(said, tool, server).permission);
  const SHIPPED = [
    ["getPullRequests", null],
    ["createPullRequest", null],
  ] as const;
  const CUSTOM = [
    ["find", "docs"],
    ["find", "other"],
    ["find", null],
  ] as const;

  test("attack 45: the order of agents and of texts does not matter, and one said twice is one", () => {
    fc.assert(
      fc.property(permissions, permissions, (a, b) => {
        for (const combine of [
          (x: ToolPermissions, y: ToolPermissions) => intersectPermissions([x, y]),
          tightenPermissions,
        ]) {
          expect(answers(combine(a, b))).toStrictEqual(answers(combine(b, a)));
          expect(answers(combine(a, a))).toStrictEqual(answers(a));
        }
      }),
      { numRuns: 300 },
    );
  });

  test("of three layers it does not matter which two are merged first", () => {
    fc.assert(
      fc.property(permissions, permissions, permissions, (a, b, c) => {
        const first = mergeToolPermissions(mergeToolPermissions(a, b), c);
        expect(mergeToolPermissions(a, mergeToolPermissions(b, c))).toStrictEqual(first);
      }),
      { numRuns: 300 },
    );
  });
});
