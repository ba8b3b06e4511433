import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { SallyportError, type ErrorCode } from "../../src/base/index.ts";
import { EXIT_CODES, EXIT_MEANINGS } from "../../src/cli/exit-codes.ts";
import { createOutput } from "../../src/cli/output.ts";
import { reportError } from "../../src/cli/report-error.ts";

function report(error: unknown, debug = false) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = reportError(error, createOutput(stdout, stderr), debug);
  // Null: nothing was written.
  const read = (stream: PassThrough): string => String((stream.read() as Buffer | null) ?? "");
  return { code, stdout: read(stdout), stderr: read(stderr) };
}

const finding = {
  file: "p\x1b.yml",
  line: 4,
  column: 9,
  rule: "unknown-key",
  severity: "error",
  message: "m",
  fix: "f",
};
const withCode = (code: string): Error => Object.assign(new Error("ENOSPC: no space left on device, write"), { code });

const ROWS: readonly (readonly [what: string, error: unknown, code: number, stderr: string])[] = [
  ["an expected failure", new SallyportError("refused", "no \x1b[1m."), 4, "sallyport: no \\x1b[1m.\n"],
  [
    "findings, one a line",
    new SallyportError("invalid-file", "bad.", { details: { findings: [finding, finding, null, "text"] } }),
    2,
    `${"p\\x1b.yml:4:9: error[unknown-key] m — f\n".repeat(2)}sallyport: those must be put right first.\n`,
  ],
  [
    "a full disk",
    withCode("ENOSPC"),
    1,
    "sallyport: the disk is full (ENOSPC: no space left on device, write): make room, then start again.\n",
  ],
  [
    "another fault of the machine",
    withCode("EIO"),
    1,
    "sallyport: the machine refused: ENOSPC: no space left on device, write.\n",
  ],
  [
    "our own bug",
    new TypeError("x is null"),
    1,
    "sallyport: a fault of this program: x is null; SALLYPORT_DEBUG=1 shows where.\n",
  ],
  ["what is no error", "text", 1, "sallyport: a fault of this program: text; SALLYPORT_DEBUG=1 shows where.\n"],
  ["what a signal cut off", new DOMException("aborted", "AbortError"), 130, "sallyport: interrupted.\n"],
];

test.each(ROWS)("%s is one clear sentence and an exit code", (_, error, code, stderr) => {
  expect(report(error)).toEqual({ code, stdout: "", stderr });
});

test("a stack trace comes only when it is asked for, with its causes", () => {
  const error = new SallyportError("machine-fault", "m.", { cause: new Error("deeper") });
  expect(report(error).stderr).toBe("sallyport: m.\n");
  expect(report(error, true).stderr).toMatch(
    /^sallyport: m\.\nSallyportError: m\.\n {4}at [^]*caused by: Error: deeper\n {4}at /,
  );
});

test("every code of an error has an exit code that the help explains", () => {
  const codes = Object.keys(EXIT_CODES) as readonly ErrorCode[];
  expect(codes.length).toBeGreaterThan(5);
  for (const code of codes) expect(EXIT_MEANINGS.map(([number]) => number)).toContain(EXIT_CODES[code]);
});
