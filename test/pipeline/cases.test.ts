import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { formatFinding } from "../../src/base/index.ts";
import { parsePipelineFile, selectForPush, selectPlan, type Selection } from "../../src/pipeline/index.ts";

/** What `expected.json` holds: what is asked (nothing: only the file is read), and the plan or null, with all findings. */
type Expected = {
  readonly selector?: string;
  readonly push?: string;
  readonly plan: unknown;
  readonly findings: readonly string[];
};

const FOLDER = join(import.meta.dirname, "../cases");
const NAMES = readdirSync(FOLDER);

test("there are cases", () => {
  expect(NAMES.length).toBeGreaterThanOrEqual(30);
});

test.each(NAMES)("case %s", (name) => {
  const text = readFileSync(join(FOLDER, name, "bitbucket-pipelines.yml"), "utf8");
  // The file is ours and the comparison below fails on any other shape.
  const expected = JSON.parse(readFileSync(join(FOLDER, name, "expected.json"), "utf8")) as Expected;
  const { plan, findings } = ask(text, expected);
  expect({ plan, findings: findings.map(formatFinding) }).toEqual({ plan: expected.plan, findings: expected.findings });
});

function ask(text: string, { selector, push }: Expected): Selection {
  const { pipelines, findings } = parsePipelineFile(text, "bitbucket-pipelines.yml");
  if (pipelines === null || (selector === undefined && push === undefined)) return { plan: null, findings };
  const selected = push === undefined ? selectPlan(pipelines, selector ?? "") : selectForPush(pipelines, push);
  return { plan: selected.plan, findings: [...findings, ...selected.findings] };
}
