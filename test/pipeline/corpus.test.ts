import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parsePipelineFile } from "../../src/pipeline/index.ts";

/** Pipeline files of public repositories. They belong to others, so they stay outside this repository. */
const FOLDER = join(import.meta.dirname, "../../../shared/corpus/bitbucket-pipelines");
const PRESENT = existsSync(FOLDER);

/** A parser's own test file, which says "avoid duplicate names" beside the key: attack 36 wants this found. */
const DUPLICATES: Readonly<Record<string, readonly string[]>> = { "ktomk-test.yml": ["46:5 duplicate-key"] };

const title = PRESENT
  ? "real files"
  : "real files (skipped: no ../shared/corpus/bitbucket-pipelines beside the checkout)";

describe.skipIf(!PRESENT)(title, () => {
  const names = PRESENT ? readdirSync(FOLDER) : [];

  test("there are some", () => {
    expect(names.length).toBeGreaterThan(10);
  });

  test.each(names)("%s has no error", (name) => {
    const { pipelines, findings } = parsePipelineFile(readFileSync(join(FOLDER, name), "utf8"), name);
    const errors = findings.filter((finding) => finding.severity === "error");
    const expected = DUPLICATES[name] ?? [];
    expect(errors.map(({ line, column, rule }) => `${line}:${column} ${rule}`)).toEqual(expected);
    if (expected.length === 0) expect(pipelines?.pipelines.flatMap((pipeline) => pipeline.steps)).not.toHaveLength(0);
  });
});
