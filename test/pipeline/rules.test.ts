import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { RULES } from "../../src/pipeline/index.ts";

const CASES = join(import.meta.dirname, "../cases");

/** Rules whose input is too large for a case: `hostile.test.ts` has them. */
const LARGE = ["file-too-large", "scalar-too-long", "too-many-findings"];

test("ids are kebab-case and stand once", () => {
  const ids = RULES.map((rule) => rule.id);
  expect(ids.filter((id) => !/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
});

test("every rule is found by a case, with its severity", () => {
  const expected = readdirSync(CASES)
    .map((name) => readFileSync(join(CASES, name, "expected.json"), "utf8"))
    .join("");
  const unseen = RULES.filter(({ id, severity }) => !expected.includes(`: ${severity}[${id}] `)).map((rule) => rule.id);
  expect(unseen).toEqual(LARGE);
});
