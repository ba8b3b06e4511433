/**
 * What went wrong, as a closed union: the command line maps each code to an exit code (design, section 8),
 * and tests match on it. Adding a code means adding a row to `EXIT_CODES` in `cli/`.
 */
export type ErrorCode =
  | "usage"
  | "invalid-file"
  | "not-found"
  | "no-isolation"
  | "refused"
  | "state-too-new"
  | "state-unsafe"
  | "machine-fault"
  | "interrupted";

/**
 * The one base class of expected failures. A caller's bug is a `TypeError` instead; a failing step is a result.
 *
 * `message` is one sentence: what is wrong, where, and what to do. It never contains a secret.
 */
export class SallyportError extends Error {
  override readonly name = "SallyportError";
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly details?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** The `code` of a Node system error (`ENOENT`, `ENOSPC` …), or undefined for anything else. */
export function systemErrorCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
