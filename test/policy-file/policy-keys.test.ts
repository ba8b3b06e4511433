import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { OPERATIONS, parsePolicy, policyJsonSchema, STEP_SCOPES } from "../../src/policy/index.ts";
import { policyOf } from "./policies.ts";

const long = (length: number) => "x".repeat(length);
const list = (length: number) => JSON.stringify(Array.from({ length }, () => "a"));

/** Each key with values that it takes and values that it refuses: shapes, and both sides of each bound. */
const KEYS: readonly (readonly [key: string, good: readonly string[], bad: readonly string[]])[] = [
  ["scopes", ["[]", `[${STEP_SCOPES.join(", ")}]`], ["[admin:repository:bitbucket]", "['']", "[1]", "null", "{}"]],
  ["max-time", ["1", "720"], ["0", "721", "1.5", "-1", "'5'", "null", "[1]"]],
  ["providers", ["[claude]", "[]"], ["[nobody]", "[null]", "claude"]],
  ["models", ["[anthropic]", "[openai]"], ["[nobody]", "anthropic"]],
  [
    "egress",
    ["[a]", "[a.b-c.example]", "['*.a.example']", "['a:1']", "['a.b:65535']", `[${long(260)}]`],
    [
      "['*']",
      "['*.']",
      "['a.*']",
      "['**.a']",
      "[.a]",
      "[a.]",
      "[a..b]",
      "[A]",
      "['a:']",
      "['a:123456']",
      "['a:x']",
      "['a/b']",
      "['http://a']",
      "['a b']",
      "['']",
      `[${long(261)}]`,
    ],
  ],
  ["boxes", ["[bwrap, docker, podman]"], ["[none]", "[Bwrap]"]],
  [
    "box-protections",
    ["[a]", "[user-namespace-2]", "[0]".replace("0", "'0'"), `[${long(60)}]`],
    ["[-a]", "[A]", "[a_b]", "['a b']", "['']", `[${long(61)}]`],
  ],
  ["approvers", ["[a@b.example]", `[${long(200)}]`, list(1_000)], ["['a b']", "['']", `[${long(201)}]`, list(1_001)]],
  [
    "trusted-branches",
    ["[main, release/1]", `[${long(200)}]`],
    ["['a b']", "['a*']", "['a?']", "['{a']", "['a}']", "['']", `[${long(201)}]`],
  ],
  ["agent-branches", ["['agents/**']", `[${long(200)}]`], ["['a b']", "['']", `[${long(201)}]`]],
  ["close-open-egress", ["true", "false"], ["1", "'true'", "null", "[]"]],
  [
    "servers",
    [
      "[]",
      "[{name: a, url: 'http://a.example'}]",
      "[{name: A0._-z, url: 'https://a.example/x?y#z'}]",
      "[{name: a, command: [x]}]",
      `[{name: ${long(100)}, command: ${list(100)}}]`,
      `[{name: a, command: [${long(2_000)}]}]`,
      `[{name: a, url: 'http://${long(1_993)}'}]`,
    ],
    [
      "[{name: a, url: 'ftp://a'}]",
      "[{name: a, url: 'xhttp://a'}]",
      "[{name: a, url: 'http://'}]",
      "[{name: a, url: 'http://u@a'}]",
      "[{name: a, url: 'http://a b'}]",
      "[{name: a, command: []}]",
      "[{name: a, command: ['']}]",
      "[{name: a, command: x}]",
      "[{name: a}]",
      "[{name: a, url: 'http://a', command: [x]}]",
      "[{url: 'http://a'}]",
      "[{name: -a, command: [x]}]",
      "[{name: 'a b', command: [x]}]",
      "[{name: '', command: [x]}]",
      `[{name: ${long(101)}, command: [x]}]`,
      `[{name: a, command: ${list(101)}}]`,
      `[{name: a, command: [${long(2_001)}]}]`,
      `[{name: a, url: 'http://${long(1_994)}'}]`,
      "[a]",
      "{}",
    ],
  ],
  [
    "exceptions",
    [
      "{}",
      "{authority-files: ['docs/**']}",
      `{authority-files: [${long(500)}]}`,
      "{authority-files: ['a b']}",
      "{operations: [comments.delete]}",
      "{branches: ['release/*']}",
      `{branches: [${long(200)}]}`,
      "{build-status: false}",
      "{edges: [{from: a b, to: c}]}",
      `{edges: [{from: ${long(200)}, to: ${long(200)}}]}`,
      "{secured-variables: [{name: A_1, step: s}]}",
      `{secured-variables: [{name: ${long(200)}, step: s}]}`,
    ],
    [
      "{authority-files: ['/a']}",
      "{authority-files: [' a']}",
      "{authority-files: ['']}",
      '{authority-files: ["a\\nb"]}',
      `{authority-files: [${long(501)}]}`,
      "{operations: [pullrequests.merge]}",
      "{operations: [no.such]}",
      "{branches: ['a b']}",
      `{branches: [${long(201)}]}`,
      "{build-status: 1}",
      "{edges: [{from: a}]}",
      "{edges: [{from: '', to: a}]}",
      "{edges: [{from: a, to: b, more: c}]}",
      `{edges: [{from: ${long(201)}, to: a}]}`,
      "{secured-variables: [{name: 1A, step: s}]}",
      "{secured-variables: [{name: A-B, step: s}]}",
      "{secured-variables: [{name: A}]}",
      "{secured-variables: [A]}",
      `{secured-variables: [{name: ${long(201)}, step: s}]}`,
      `{branches: ${list(1_001)}}`,
      "[]",
    ],
  ],
  [
    "repositories",
    ["{}", "{a/b: {}}", "{'*/b-*': {scopes: []}}", `{a/${long(198)}: {}}`],
    [
      "{a: {}}",
      "{a/b/c: {}}",
      "{'a b/c': {}}",
      "{/b: {}}",
      "{a/: {}}",
      `{a/${long(199)}: {}}`,
      "{a/b: {repositories: {}}}",
      "{a/b: []}",
      "[]",
    ],
  ],
];

describe.each(KEYS)("%s", (key, good, bad) => {
  test.each(good.map((value) => [value.slice(0, 60), value] as const))("takes %s", (_shown, value) => {
    expect(parsePolicy(`${key}: ${value}\n`, "p.yml").findings).toEqual([]);
  });
  test.each(bad.map((value) => [value.slice(0, 60), value] as const))("refuses %s", (_shown, value) => {
    const { policy, findings } = parsePolicy(`${key}: ${value}\n`, "p.yml");
    expect(policy).toBeNull();
    expect(findings[0]).toMatchObject({ file: "p.yml", line: 1, severity: "error" });
    expect(findings.every(({ message, fix }) => /\w{3}/u.test(message) && /\w{3}/u.test(fix))).toBe(true);
  });
});

test("rule 5: what can be lifted is exactly what no tool, human gate or boundary covers", () => {
  for (const { id, tool, openToAgents, humanGate, outside } of OPERATIONS) {
    const liftable = tool === null && !openToAgents && humanGate === null && outside === null;
    expect([id, parsePolicy(`exceptions: {operations: ['${id}']}`, "p.yml").policy !== null]).toEqual([id, liftable]);
  }
});

describe("an unknown key is answered with the keys of its place", () => {
  test.each([
    ["qqqqqqqqq: 1", /use one of scopes, max-time, .*exceptions/u, /in a policy$/u],
    ["repositories: {a/b: {qqqqqqqqq: 1}}", /use one of scopes, max-time, .*exceptions/u, /in repositories\.a\/b$/u],
    [
      "exceptions: {qqqqqqqqq: 1}",
      /use one of authority-files, operations, branches, build-status, edges/u,
      /in exceptions$/u,
    ],
    ["repositories: {a/b: {exceptions: {qqqqqqqqq: 1}}}", /use one of authority-files, /u, /exceptions$/u],
    ["servers: [{name: a, command: [x], qqqqqqqqq: 1}]", /use one of name, url, command$/u, /in servers\.0$/u],
    [
      "repositories: {a/b: {servers: [{name: a, command: [x], qqqqqqqqq: 1}]}}",
      /use one of name, url, command$/u,
      /servers\.0$/u,
    ],
    ["exceptions: {edges: [{from: a, to: b, qqqqqqqqq: 1}]}", /use one of from, to$/u, /edges\.0$/u],
    [
      "exceptions: {secured-variables: [{name: a, step: b, qqqqqqqqq: 1}]}",
      /use one of name, step$/u,
      /variables\.0$/u,
    ],
    [
      "repositories: {a/b: {exceptions: {edges: [{from: a, to: b, qqqqqqqqq: 1}]}}}",
      /use one of from, to$/u,
      /edges\.0$/u,
    ],
    [
      "repositories: {a/b: {exceptions: {secured-variables: [{name: a, step: b, qqqqqqqqq: 1}]}}}",
      /use one of name, step$/u,
      /0$/u,
    ],
  ])("%s", (text, fix, message) => {
    const { findings } = parsePolicy(text, "p.yml");
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({
      rule: "unknown-key",
      fix: expect.stringMatching(fix),
      message: expect.stringMatching(message),
    });
    expect(findings[0]?.message).toContain('"qqqqqqqqq"');
    expect(findings[0]?.column).toBe(text.indexOf("qqqqqqqqq") + 1);
  });
});

test("findings come in the order of the text, each at its own place", () => {
  const text = "max-time: 0\nscopse: []\nrepositories:\n  a/b: {max-time: 900, egres: []}\nservers: [{name: a}]\n";
  expect(parsePolicy(text, "p.yml").findings.map(({ line, column, rule }) => `${line}:${column} ${rule}`)).toEqual([
    "1:1 wrong-value",
    "2:1 unknown-key",
    "4:9 wrong-value",
    "4:24 unknown-key",
  ]);
});

test("what a file says becomes data, and what it does not say is null or nothing", () => {
  const nothing = policyOf("").rules;
  expect(nothing).toEqual({
    scopes: null,
    maxTime: null,
    providers: null,
    models: null,
    servers: null,
    egress: null,
    boxes: null,
    boxProtections: [],
    approvers: null,
    trustedBranches: null,
    agentBranches: null,
    closeOpenEgress: false,
    exceptions: {
      authorityFiles: [],
      operations: [],
      branches: [],
      buildStatus: false,
      edges: [],
      securedVariables: [],
    },
  });
  const text =
    "max-time: 9\negress: [a.example, 'b.example:8443', '*.c']\nservers: [{name: a, url: 'http://a'}, {name: b, command: [x, y]}]\n" +
    "box-protections: [p]\nclose-open-egress: true\nexceptions: {authority-files: [Docs/A.md], edges: [{from: a, to: b}], secured-variables: [{name: N, step: s}]}\n";
  const { rules, digest, path } = policyOf(text, "/x.yml");
  expect(path).toBe("/x.yml");
  expect(digest).toBe(createHash("sha256").update(text).digest("hex"));
  expect(rules).toMatchObject({
    maxTime: 9,
    egress: ["a.example:443", "b.example:8443", "*.c:443"],
    servers: [
      { name: "a", url: "http://a", command: null },
      { name: "b", url: null, command: ["x", "y"] },
    ],
    boxProtections: ["p"],
    closeOpenEgress: true,
    exceptions: {
      authorityFiles: ["docs/a.md"],
      edges: [{ from: "a", to: "b" }],
      securedVariables: [{ name: "N", step: "s" }],
    },
  });
});

describe("an override never widens its file", () => {
  const widened = (file: string, own: string) =>
    parsePolicy(`${file}\nrepositories:\n  a/b: {${own}}\n`, "p.yml").findings.map(
      ({ rule, message }) => `${rule} ${message}`,
    );
  test.each([
    ["providers: [claude]", "providers: [codex]", "codex"],
    ["models: [openai]", "models: [openai, anthropic]", "anthropic"],
    ["servers: [{name: a, command: [x]}]", "servers: [{name: a, command: [y]}]", "command"],
    ["boxes: [docker]", "boxes: [podman]", "podman"],
    ["approvers: [a]", "approvers: [b]", "b"],
    ["trusted-branches: [a]", "trusted-branches: [b]", "b"],
    ["agent-branches: ['a/*']", "agent-branches: ['**']", "**"],
    ["egress: ['*.a:1']", "egress: [x.a]", "x.a"],
    ["max-time: 5", "max-time: 6", "6"],
    ["exceptions: {authority-files: ['docs/*']}", "exceptions: {authority-files: ['x/*']}", "x/*"],
    ["exceptions: {operations: [tasks.delete]}", "exceptions: {operations: [comments.delete]}", "comments.delete"],
    ["exceptions: {branches: [a]}", "exceptions: {branches: [b]}", "b"],
    ["exceptions: {edges: [{from: a, to: b}]}", "exceptions: {edges: [{from: b, to: a}]}", "from"],
    [
      "exceptions: {secured-variables: [{name: A, step: b}]}",
      "exceptions: {secured-variables: [{name: B, step: b}]}",
      "B",
    ],
    ["exceptions: {build-status: false}", "exceptions: {build-status: true}", "true"],
    ["exceptions: {}", "exceptions: {build-status: true}", "true"],
  ])("%s, then %s", (file, own, shown) => {
    const found = widened(file, own);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^override-widens "/u);
    expect(found[0]).toContain(shown);
    // The same words in file and override are no widening, and neither is an override of what the file leaves open.
    expect(widened(file, file)).toEqual([]);
    if (!file.startsWith("exceptions")) expect(widened("", own)).toEqual([]);
  });
  test.each([
    ["agent-branches: ['a/**']", "agent-branches: ['a/b', 'a/*']"],
    ["egress: ['*.a']", "egress: [x.a, 'y.a:443']"],
    ["exceptions: {authority-files: ['docs/**']}", "exceptions: {authority-files: ['Docs/a.md']}"],
    ["exceptions: {branches: ['r/*']}", "exceptions: {branches: [r/1]}"],
    ["exceptions: {build-status: true}", "exceptions: {build-status: true}"],
    ["max-time: 5", "max-time: 5"],
    ["scopes: []", ""],
  ])("%s covers %s", (file, own) => expect(widened(file, own)).toEqual([]));
});

test("the schema for editors has the keys that the parser has", () => {
  expect(policyJsonSchema()).toMatchObject({ type: "object", additionalProperties: false, title: "Sallyport policy" });
});
