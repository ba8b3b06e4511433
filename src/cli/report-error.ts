import { formatFinding, inert, SallyportError, systemErrorCode, type ErrorCode, type Finding } from "../base/index.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import type { Output } from "./output.ts";

/**
 * Says what went wrong on standard error, one sentence, and answers with the exit code. An invalid file's findings come
 * one a line. Stack traces only when `debug`.
 */
export function reportError(error: unknown, output: Output, debug: boolean): number {
  if (error instanceof SallyportError) {
    const findings = findingsOf(error);
    for (const finding of findings) output.progress(inert(formatFinding(finding)));
    const summary =
      findings.length === 0 ? error.message : `${findings.length === 1 ? "that" : "those"} must be put right first.`;
    output.progress(`sallyport: ${inert(summary)}`);
  } else {
    output.progress(`sallyport: ${inert(sentenceOf(error))}`);
  }
  if (debug && error instanceof Error) output.progress(inert(traceOf(error), "\n"));
  return EXIT_CODES[codeOf(error)];
}

/** What was cut off by a signal is thrown as an `AbortError`; anything else that is not ours is the machine's, or a bug. */
function codeOf(error: unknown): ErrorCode {
  if (error instanceof SallyportError) return error.code;
  return error instanceof Error && error.name === "AbortError" ? "interrupted" : "machine-fault";
}

/** What a validator found, as the rooms attach it to an `invalid-file` error. */
function findingsOf(error: SallyportError): readonly Finding[] {
  const { findings } = error.details;
  return Array.isArray(findings) ? findings.filter(isFinding) : [];
}

function isFinding(value: unknown): value is Finding {
  return typeof value === "object" && value !== null && "rule" in value && "line" in value && "message" in value;
}

function sentenceOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (codeOf(error) === "interrupted") return "interrupted.";
  if (systemErrorCode(error) === "ENOSPC") return `the disk is full (${message}): make room, then start again.`;
  if (systemErrorCode(error) !== undefined) return `the machine refused: ${message}.`;
  return `a fault of this program: ${message}; SALLYPORT_DEBUG=1 shows where.`;
}

function traceOf(error: Error): string {
  const own = error.stack ?? error.message;
  return error.cause instanceof Error ? `${own}\ncaused by: ${traceOf(error.cause)}` : own;
}
