import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ceilingsFor, parsePolicy, POLICY_FILE_RULES, trustedBranches } from "../../src/policy/index.ts";
import { ceilingsOf, policyOf } from "./policies.ts";

/** Each file with the line, column, rule and advice of its one finding. */
const WRONG: readonly (readonly [text: string, at: string, rule: string, says: RegExp])[] = [
  ["scopse: []\n", "1:1", "unknown-key", /did you mean scopes\?/],
  ["scopes: []\nmax-tiem: 3\n", "2:1", "unknown-key", /did you mean max-time\?/],
  ["exceptions:\n  edge: []\n", "2:3", "unknown-key", /did you mean edges\?/],
  ["repositories:\n  a/b:\n    egres: []\n", "3:5", "unknown-key", /did you mean egress\?/],
  [
    "servers:\n  - {name: a, url: 'https://a.example', cmd: [a]}\n",
    "2:41",
    "unknown-key",
    /use one of name, url, command/,
  ],
  ["scopes: [write:repository]\n", "1:10", "wrong-value", /scopes\.0/],
  ["scopes: write:repository:bitbucket\n", "1:1", "wrong-value", /scopes/],
  ["max-time: 0\n", "1:1", "wrong-value", /max-time/],
  ["max-time: 721\n", "1:1", "wrong-value", /max-time/],
  ["max-time: .inf\n", "1:1", "wrong-value", /max-time/],
  ["providers: [gemini]\n", "1:13", "wrong-value", /providers\.0/],
  ["egress: ['*']\n", "1:10", "wrong-value", /egress\.0/],
  ["egress: ['a.example/b']\n", "1:10", "wrong-value", /egress\.0/],
  ["trusted-branches: ['release/*']\n", "1:20", "wrong-value", /trusted-branches\.0/],
  ["exceptions: {operations: [pullrequests.merge]}\n", "1:27", "wrong-value", /operations\.0/],
  ["exceptions: {operations: [pullrequests.get]}\n", "1:27", "wrong-value", /operations\.0/],
  ["exceptions: {operations: [outside.users]}\n", "1:27", "wrong-value", /operations\.0/],
  ["repositories: {shop: {}}\n", "1:16", "wrong-value", /shop/],
  ["servers: [{name: a}]\n", "1:11", "server-kind", /neither/],
  ["- a\n", "1:1", "wrong-value", /the policy/],
  ["scopes: []\nscopes: []\n", "2:1", "duplicate-key", /twice/],
  ["%YAML 1.2\n---\n{}\n", "1:1", "yaml-directive", /directive/],
  ["{}\n---\n{}\n", "2:1", "multiple-documents", /second/],
  ["max-time: !!js/function 'x'\n", "1:11", "unknown-tag", /tag/],
  ["max-time: *a\n", "1:11", "unknown-alias", /anchor/],
  ['a: "\\0"\n', "1:4", "control-character", /NUL/],
];

describe("a policy that is wrong is refused with the place and what to do", () => {
  test.each(WRONG)("%j at %s: %s", (text, at, rule, says) => {
    const { policy, findings } = parsePolicy(text, "p.yml");
    expect(policy).toBeNull();
    expect(findings.map((one) => `${one.line}:${one.column} ${one.rule}`)).toContain(`${at} ${rule}`);
    expect(findings.map(({ message, fix }) => `${message} ${fix}`).join(" ")).toMatch(says);
  });

  test("an override that is wider than the file", () => {
    const own = "scopes: [read:pullrequest:bitbucket]\nmax-time: 5\negress: ['*.a.example']\n";
    const wide = (rules: string) => parsePolicy(`${own}repositories:\n  demo/shop: {${rules}}\n`, "p.yml").findings;
    for (const rules of [
      "scopes: [write:pullrequest:bitbucket]",
      "max-time: 6",
      "egress: [b.example]",
      "egress: ['x.a.example:444']",
      "exceptions: {build-status: true}",
      "exceptions: {branches: [main]}",
      "exceptions: {edges: [{from: a, to: b}]}",
    ]) {
      expect(
        wide(rules).map(({ rule }) => rule),
        rules,
      ).toEqual(["override-widens"]);
    }
    expect(wide("scopes: [], max-time: 5, egress: [x.a.example, '*.b.a.example'], boxes: [bwrap]")).toEqual([]);
  });
});

describe("attack 36: hostile YAML costs nothing", () => {
  test.each([
    [
      "billion laughs",
      `a: &a [${"x,".repeat(9)}x]\n${"bcdefgh"
        .split("")
        .map((name, index) => `${name}: &${name} [${`*${"abcdefg"[index]},`.repeat(9)}x]`)
        .join("\n")}\n`,
      "too-many-nodes",
    ],
    ["deep nesting", "[".repeat(5_000), "too-deep"],
    ["a large file", `# ${"x".repeat(1_100_000)}\n`, "file-too-large"],
    ["a key of objects", "__proto__: {scopes: []}\n", "unknown-key"],
  ])("%s", (_name, text, rule) => {
    const { policy, findings } = parsePolicy(text, "p.yml");
    expect(policy).toBeNull();
    expect(findings.map((one) => one.rule)).toContain(rule);
  });

  test("no text makes it throw, and every finding has a known rule and a place in the text", () => {
    const ids = new Set<string>(POLICY_FILE_RULES.map(({ id }) => id));
    const word = fc.constantFrom(
      "scopes",
      "repositories",
      "exceptions",
      "edges",
      ": ",
      "\n  ",
      "- ",
      "[",
      "]",
      "{",
      "}",
      "a/b",
      "&a",
      "*a",
      "7",
      "'",
    );
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(word).map((words) => words.join("")),
    );
    fc.assert(
      fc.property(text, (written) => {
        const { policy, findings } = parsePolicy(written, "p.yml");
        expect(policy !== null || findings.length > 0).toBe(true);
        const lines = written.split("\n").length;
        for (const one of findings) {
          expect(ids.has(one.rule)).toBe(true);
          expect(one.line).toBeGreaterThan(0);
          expect(one.line).toBeLessThanOrEqual(lines);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("what a policy says", () => {
  test("an empty file limits and lifts nothing", () => {
    expect(policyOf("").rules).toMatchObject({ scopes: null, maxTime: null, exceptions: { branches: [], edges: [] } });
    expect(policyOf("# nothing\n").digest).not.toBe(policyOf("").digest);
  });

  test("the example of docs/policy.md is a policy, and every key of it is used", () => {
    const page = readFileSync(new URL("../../docs/policy.md", import.meta.url), "utf8");
    const [, example = ""] = /```yaml\n([^]*?)```/u.exec(page) ?? [];
    const policy = policyOf(example);
    expect(Object.values(policy.rules).filter((value) => value === null || value === false)).toEqual([]);
    expect(policy.repositories.map(({ repository }) => repository)).toEqual(["demo/payments"]);
    expect(policy.rules.egress).toEqual(["packages.example:443", "*.internal.example:8443"]);
  });

  test("an override leaves the exceptions of its file unless it names its own", () => {
    const file = "exceptions: {branches: ['release/*'], build-status: true}\nrepositories:\n";
    const lifted = (rules: string) =>
      ceilingsFor([policyOf(`${file}  demo/*: {${rules}}\n`)], "demo/shop").at(-1)?.rules.exceptions;
    expect(lifted("")).toMatchObject({ branches: ["release/*"], buildStatus: true });
    expect(lifted("exceptions: {build-status: true}")).toMatchObject({ branches: [], buildStatus: true });
  });

  test("overrides hold for the repositories that their glob matches, without regard to case", () => {
    const policy = policyOf("repositories:\n  Demo/*: {max-time: 1}\n  other/*: {max-time: 2}\n");
    expect(ceilingsFor([policy], "demo/shop").map(({ rules }) => rules.maxTime)).toEqual([null, 1]);
  });

  test("trusted branches are those that every policy which names some names", () => {
    expect(trustedBranches(ceilingsOf("", ""))).toBeNull();
    expect(trustedBranches(ceilingsOf("trusted-branches: [a, b, c]", "", "trusted-branches: [c, b]"))).toEqual([
      "b",
      "c",
    ]);
    expect(trustedBranches(ceilingsOf("trusted-branches: [a]", "trusted-branches: [b]"))).toEqual([]);
  });
});
