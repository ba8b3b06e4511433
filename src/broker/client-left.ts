import { systemErrorCode } from "../base/index.ts";

const CODES: ReadonlySet<string> = new Set([
  "ABORT_ERR",
  "ECONNRESET",
  "EPIPE",
  "ERR_STREAM_DESTROYED",
  "ERR_STREAM_PREMATURE_CLOSE",
  "UND_ERR_ABORTED",
]);

/** Whether an error is only the echo of a client that hung up, and no fault of the machine. */
export function isClientLeft(error: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted) return false;
  // An aborted signal throws its reason, a DOMException whose `code` is a number.
  return error === signal.reason || CODES.has(systemErrorCode(error) ?? "");
}
