import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { listFiles } from "../../scripts/gates/list-files.ts";
import { REQUIREMENTS, type Requirement } from "../requirements.ts";
import { judgeCitations } from "./judge-citations.ts";
import { readCitations } from "./read-citations.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

test("every requirement is cited by a test or planned with a reason", async () => {
  const files = (await listFiles(ROOT, "test", /\.test\.ts$/)).filter((file) => !file.startsWith("test/checks/"));
  const cited = new Set<string>();
  for (const file of files) {
    for (const { id } of readCitations(file, await readFile(join(ROOT, file), "utf8"))) cited.add(id);
  }
  expect(files.length).toBeGreaterThan(0);
  expect(judgeCitations(REQUIREMENTS, cited)).toEqual([]);
});

test("the list is complete: 14 rules, 46 attacks, and the facts of the reference", () => {
  const count = (pattern: RegExp): number => REQUIREMENTS.filter(({ id }) => pattern.test(id)).length;
  expect([count(/^rule \d+$/), count(/^attack \d+$/)]).toEqual([14, 46]);
  expect([count(/^T\d$/), count(/^M\d+$/), count(/^H\d+$/), count(/^A\d$/)]).toEqual([8, 10, 11, 2]);
  expect(REQUIREMENTS).toHaveLength(91);
});

describe("what counts as a citation", () => {
  const cases: readonly (readonly [source: string, ids: readonly string[]])[] = [
    [`test("attack 33: replay", () => {})`, ["attack 33"]],
    [`describe("rule 5 and T3", () => { it("M10: x", f) })`, ["rule 5", "T3", "M10"]],
    ["test(`attack ${n}: not this, rule 4 yes`, f)", ["rule 4"]],
    [`test.skipIf(x)("attack 1", f); test.each([1])("attack 2", f)`, ["attack 1", "attack 2"]],
    [`// cites: attack 7, H2\nrun()`, ["attack 7", "H2"]],
    [`// speaks of attack 7\nrun("attack 8")`, []],
    [`test("UTF8, B12, attacks 3, rule5", f)`, []],
  ];
  for (const [source, ids] of cases) {
    test(JSON.stringify(source), () => {
      const found = readCitations("x.test.ts", source).map(({ id }) => id);
      expect(found.toSorted()).toEqual(ids.toSorted());
    });
  }
});

describe("a planted fault is found", () => {
  const good: Requirement = { id: "rule 1", title: "t", status: "tested" };
  const open: Requirement = { id: "rule 2", title: "t", status: "planned", reason: "later" };
  const cases: readonly (readonly [
    what: string,
    rows: readonly Requirement[],
    cited: readonly string[],
    fault: RegExp,
  ])[] = [
    ["uncited", [good], [], /rule 1 is said to be tested/],
    ["stale", [open], ["rule 2"], /rule 2 is planned, and a test cites it/],
    ["no reason", [{ ...open, reason: "" }], [], /without a reason/],
    ["unknown", [good], ["rule 1", "attack 99"], /attack 99, which is no requirement/],
    ["twice", [good, good], ["rule 1"], /twice/],
  ];
  for (const [what, rows, cited, fault] of cases) {
    test(what, () => expect(judgeCitations(rows, new Set(cited)).join("\n")).toMatch(fault));
  }
  test("and nothing where there is none", () => expect(judgeCitations([good, open], new Set(["rule 1"]))).toEqual([]));
});
