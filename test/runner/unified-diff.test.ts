import fc from "fast-check";
import { expect, test } from "vitest";
import { unifiedDiff } from "../../src/runner/unified-diff.ts";

test("a difference shows what is gone, what is new, and what stands around it", () => {
  const lines = (...names: readonly string[]) => `${names.join("\n")}\n`;
  expect(unifiedDiff(lines("a", "b", "c", "d", "e", "f"), lines("a", "b", "c", "d", "x", "f"))).toEqual([
    "…",
    "  c",
    "  d",
    "- e",
    "+ x",
    "  f",
  ]);
  expect(unifiedDiff("", "a\n")).toEqual(["+ a"]);
  expect(unifiedDiff("a\n", "")).toEqual(["- a"]);
  expect(unifiedDiff("a", "a")).toEqual([]);
});

test("whatever the texts, the lines add up, and one that says nothing means equal texts", () => {
  const text = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 12 });
  fc.assert(
    fc.property(text, text, (from, to) => {
      const lines = unifiedDiff(from.map((line) => `${line}\n`).join(""), to.map((line) => `${line}\n`).join(""));
      const [gone, added] = ["-", "+"].map((sign) => lines.filter((line) => line.startsWith(sign)));
      expect(from.length - (gone?.length ?? 0)).toBe(to.length - (added?.length ?? 0));
      expect(lines.length === 0).toBe(from.join() === to.join());
    }),
  );
});

test("texts that are too long to compare say so", () => {
  const many = (name: string) => Array.from({ length: 3_000 }, (_, index) => `${name}${index}`).join("\n");
  expect(unifiedDiff(many("a"), many("b"))).toEqual(["+ (too many lines differ to show them)"]);
});
