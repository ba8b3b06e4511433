import type { Finding, Severity } from "../base/index.ts";
import { YAML_LIMITS, type Position } from "../policy/index.ts";
import { RULES, type RuleId } from "./rules.ts";

/** Collects what the readers find. The same thing found again through another alias is kept once. */
export type Report = {
  readonly file: string;
  /** `offset` counts UTF-16 code units from the start of the text. */
  positionOf(offset: number): Position;
  /** Records a finding; `message` says what is wrong, `fix` what to do, each one sentence without a full stop. */
  add(rule: RuleId, offset: number, message: string, fix: string): void;
  /** In the order of the file. */
  findings(): readonly Finding[];
  hasErrors(): boolean;
};

const SEVERITIES: ReadonlyMap<string, Severity> = new Map(RULES.map(({ id, severity }) => [id, severity]));

export function createReport(file: string, positionOf: (offset: number) => Position): Report {
  const found = new Map<string, Finding>();
  let leftOut: Finding | null = null;
  let errors = 0;
  return {
    file,
    positionOf,
    add(rule, offset, message, fix) {
      const finding = findingAt(file, positionOf(offset), rule, message, fix);
      if (finding.severity === "error") errors += 1;
      if (found.size < YAML_LIMITS.findings) found.set(`${finding.line}:${finding.column}:${rule}:${message}`, finding);
      else leftOut ??= findingAt(file, positionOf(offset), "too-many-findings", LEFT_OUT, "correct the first ones");
    },
    findings() {
      const sorted = [...found.values()].sort((a, b) => a.line - b.line || a.column - b.column);
      return leftOut === null ? sorted : [...sorted, leftOut];
    },
    hasErrors: () => errors > 0,
  };
}

const LEFT_OUT = `there are over ${YAML_LIMITS.findings} findings; the others are left out`;

/** One finding with its rule's severity. */
export function findingAt(file: string, position: Position, rule: RuleId, message: string, fix: string): Finding {
  const severity = SEVERITIES.get(rule);
  if (severity === undefined) throw new TypeError(`no such rule: ${rule}`);
  return { file, line: position.line, column: position.column, rule, severity, message, fix };
}
