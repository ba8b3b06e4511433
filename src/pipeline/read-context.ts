import type { Finding } from "../base/index.ts";
import type { AgentDefinition, Step } from "./plan.ts";
import { findingAt, type Report } from "./report.ts";

/** What the readers of pipelines, steps and scripts share. */
export type ReadContext = {
  readonly report: Report;
  readonly maxTime: number;
  readonly clone: Step["clone"];
  readonly agents: ReadonlyMap<string, AgentDefinition>;
  /** Collects what makes the pipeline at hand unable to run. */
  readonly blockers: Finding[];
};

/** Records something that is valid and cannot run yet: an error only when this pipeline is selected. */
export function block(context: ReadContext, offset: number, message: string, fix: string): void {
  const { report, blockers } = context;
  blockers.push(findingAt(report.file, report.positionOf(offset), "not-available-yet", message, fix));
}
