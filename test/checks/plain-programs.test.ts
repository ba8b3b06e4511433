import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const run = promisify(execFile);
const SCRIPTS = fileURLToPath(new URL("../../scripts/", import.meta.url));

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "sallyport-plain-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function endOf(ending: Promise<{ stdout: string; stderr: string }>): Promise<{ code: number; said: string }> {
  try {
    const { stdout, stderr } = await ending;
    return { code: 0, said: stdout + stderr };
  } catch (error) {
    // What `execFile` rejects with carries the exit code and both streams.
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, said: stdout + stderr };
  }
}

describe("the closing line of CI counts tests", () => {
  const counts = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, numFailedTestSuites: 0 };
  const passed = { status: "passed", assertionResults: [{}] };
  const broken = { status: "failed", assertionResults: [] };
  const cases: readonly (readonly [what: string, report: object, line: string])[] = [
    ["all passed", { ...counts, testResults: [passed] }, "3 passed, 0 failed"],
    ["some failed", { ...counts, numFailedTests: 2, testResults: [passed] }, "3 passed, 2 failed"],
    [
      "a file that does not load",
      { ...counts, numFailedTestSuites: 1, testResults: [passed, broken] },
      "3 passed, 1 failed",
    ],
    ["some skipped", { ...counts, numPendingTests: 4, testResults: [passed] }, "3 passed, 0 failed, 4 skipped"],
  ];
  test.each(cases)("%s", async (_what, report, line) => {
    await inFolder(async (folder) => {
      const file = join(folder, "report.json");
      await writeFile(file, JSON.stringify(report));
      const { stdout } = await run(process.execPath, [join(SCRIPTS, "count-tests.js"), file]);
      expect(stdout).toBe(`${line}\n`);
    });
  });
});

describe("links of documents", () => {
  const cases: readonly (readonly [what: string, text: string, code: number, said: RegExp])[] = [
    ["all good", "# A b\n[x](a.md) [y](#a-b) [z](https://nowhere.example)\n", 0, /1 documents, 2 links, 0 broken/],
    ["a file that is not there", "# A\n[x](b.md)\n", 1, /b\.md leads nowhere/],
    ["a heading that is not there", "# A\n[x](a.md#b)\n", 1, /a\.md#b names no heading/],
    ["no link at all", "# A\n", 1, /0 links/],
  ];
  test.each(cases)("%s", async (_what, text, code, said) => {
    await inFolder(async (folder) => {
      await run("git", ["init", "--quiet", folder]);
      await writeFile(join(folder, "a.md"), text);
      await run("git", ["-C", folder, "add", "."]);
      const ended = await endOf(run(process.execPath, [join(SCRIPTS, "check-links.js")], { cwd: folder }));
      expect(ended.code).toBe(code);
      expect(ended.said).toMatch(said);
    });
  });
});
