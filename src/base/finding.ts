/** How much a finding matters: an `error` makes the file unusable, a `warning` and an `info` do not. */
export type Severity = "error" | "warning" | "info";

/** One thing that a validator has to say about a file. Lines and columns count from 1. */
export type Finding = {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The rule's id: also its name in docs, fixtures and configuration. */
  readonly rule: string;
  readonly severity: Severity;
  /** What is wrong, in one sentence. */
  readonly message: string;
  /** What to do about it, in one sentence. */
  readonly fix: string;
};

/** `file:line:column: severity[rule] message — fix`, the line that a terminal shows. */
export function formatFinding(finding: Finding): string {
  const { file, line, column, severity, rule, message, fix } = finding;
  return `${file}:${line}:${column}: ${severity}[${rule}] ${message} — ${fix}`;
}
