import fc from "fast-check";
import { expect, test } from "vitest";
import { matchGlob } from "../../src/policy/index.ts";

const ROWS: readonly (readonly [pattern: string, name: string, matches: boolean])[] = [
  ["main", "main", true],
  ["main", "Main", false],
  ["main", "main2", false],
  ["*", "main", true],
  ["*", "feature/x", false],
  ["*", "", true],
  ["**", "feature/x/y", true],
  ["feature/*", "feature/x", true],
  ["feature/*", "feature/x/y", false],
  ["feature/*", "feature", false],
  ["feature/**", "feature/x/y", true],
  ["**/x", "a/b/x", true],
  ["*/feature", "a/feature", true],
  ["v?.0", "v1.0", true],
  ["v?.0", "v/.0", false],
  ["{foo,bar}", "bar", true],
  ["{foo,bar}", "foobar", false],
  ["{a,b/*}/c", "b/x/c", true],
  ["{a,{b,c}}-x", "c-x", true],
  ["{a,{b,c},d}", "d", true],
  ["{a,{b,c},d}", "c", true],
  ["{a,{b,c},d}", "c,d", false],
  ["{{a,b},c}", "c", true],
  ["{a}", "a", true],
  ["{}x", "x", true],
  ["x{a,b", "x{a,b", true],
  ["a}{b,c}", "a}c", true],
  ["{a,b}{c,d}", "bd", true],
  ["{a,b}{c,d}", "ab", false],
  ["?", "", false],
  ["a?", "a", false],
  ["?", "x", true],
  ["??", "x", false],
  ["{?,??}", "xy", true],
  ["a*b", "axb", true],
  ["a*b", "a/b", false],
  ["a**", "a", true],
  ["**/", "a", false],
  ["{,x}y", "y", true],
  ["{open", "{open", true],
  ["close}", "close}", true],
  ["a.b", "axb", false],
  ["[ab]", "a", false],
  ["[ab]", "[ab]", true],
  ["a+", "aa", false],
  ["(a|b)", "a", false],
  ["***", "a/b", true],
  ["{,**/}x.md", "x.md", true],
  ["{,**/}x.md", "a/b/x.md", true],
  ["main", "main\n", false],
];

test.each(ROWS)("%s on %s: %s", (pattern, name, matches) => {
  expect(matchGlob(pattern, name)).toBe(matches);
});

test("attack 36: no pattern is slow", () => {
  expect(matchGlob("*a".repeat(127), `${"a".repeat(254)}b`)).toBe(false);
  expect(matchGlob("**a".repeat(85), `${"a/".repeat(127)}b`)).toBe(false);
  expect(matchGlob("{a,a}".repeat(51), `${"a".repeat(50)}b`)).toBe(false);
  expect(matchGlob("{".repeat(255), "x")).toBe(false);
});

test("it agrees with the regular expression of a simple pattern", () => {
  const pattern = fc.array(fc.constantFrom("a", "b", "/", "*", "?"), { maxLength: 6 }).map((parts) => parts.join(""));
  const name = fc.array(fc.constantFrom("a", "b", "/"), { maxLength: 7 }).map((parts) => parts.join(""));
  let matched = 0;
  fc.assert(
    fc.property(pattern, name, (glob, text) => {
      const source = glob.replace(/\*\*|\*|\?/g, (wild) => ({ "**": ".*", "*": "[^/]*", "?": "[^/]" })[wild] ?? "");
      const expected = new RegExp(`^${source}$`).test(text);
      if (expected) matched += 1;
      expect(matchGlob(glob, text)).toBe(expected);
    }),
    { numRuns: 3000 },
  );
  expect(matched).toBeGreaterThan(100);
});
