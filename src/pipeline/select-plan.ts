import type { Finding } from "../base/index.ts";
import { matchGlob, nearestName, quoted } from "../policy/index.ts";
import type { Pipeline, PipelineFile, PipelineKind } from "./pipeline-file.ts";
import type { Plan } from "./plan.ts";
import { findingAt } from "./report.ts";
import type { RuleId } from "./rules.ts";

/** The plan, or the errors that say why there is none. */
export type Selection = { readonly plan: Plan | null; readonly findings: readonly Finding[] };

/**
 * The plan that `selector` names: `default`, `custom/NAME`, `branches/NAME`, `tags/NAME`, `pull-requests/BRANCH`. NAME is
 * a key as it stands in the file, or a branch or tag that a key's glob matches.
 */
export function selectPlan(file: PipelineFile, selector: string): Selection {
  const [, kind, name] = /^(branches|tags|pull-requests|custom)\/(.+)$/s.exec(selector) ?? [];
  if (selector !== "default" && (kind === undefined || name === undefined)) {
    const fix = "write default, custom/NAME, branches/NAME, tags/NAME or pull-requests/BRANCH";
    return refuse(file, "bad-selector", `the selector ${quoted(selector)} has none of the known forms`, fix);
  }
  // The expression admits only these four kinds.
  const found = findPipeline(file, (kind ?? "default") as PipelineKind, name ?? "");
  return found === undefined ? refuseUnknown(file, selector) : planOf(file, found);
}

/** What a push of `branch` would start: the branch's own pipeline, else `default`. */
export function selectForPush(file: PipelineFile, branch: string): Selection {
  const found = findPipeline(file, "branches", branch) ?? findPipeline(file, "default", "");
  if (found !== undefined) return planOf(file, found);
  const message = `a push of ${quoted(branch)} starts nothing: no branches key matches and there is no default; ${namesOf(file)}`;
  return refuse(file, "no-such-pipeline", message, "name a pipeline, or add a default one");
}

function planOf({ ignored }: PipelineFile, pipeline: Pipeline): Selection {
  if (pipeline.blockers.length > 0) return { plan: null, findings: pipeline.blockers };
  const { variables, steps } = pipeline;
  return { plan: { selector: selectorOf(pipeline), variables, steps, ignored }, findings: [] };
}

/** The key that is the name itself, else the most specific glob, else the first in the file. */
function findPipeline(file: PipelineFile, kind: PipelineKind, name: string): Pipeline | undefined {
  const candidates = file.pipelines.filter((pipeline) => pipeline.kind === kind);
  const exact = candidates.find((pipeline) => pipeline.name === name);
  if (exact !== undefined || kind === "custom" || kind === "default") return exact;
  const matching = candidates.filter((pipeline) => matchGlob(pipeline.name, name));
  return matching.sort((a, b) => globRank(a.name) - globRank(b.name) || b.name.length - a.name.length)[0];
}

/** How general a pattern is: 0 for a plain name, 1 with `{}`, 2 with `*` or `?`, 3 with `**`. */
function globRank(pattern: string): number {
  if (pattern.includes("**")) return 3;
  if (/[*?]/.test(pattern)) return 2;
  return /\{.*\}/.test(pattern) ? 1 : 0;
}

function selectorOf({ kind, name }: Pipeline): string {
  return kind === "default" ? kind : `${kind}/${name}`;
}

function refuseUnknown(file: PipelineFile, selector: string): Selection {
  const near = nearestName(selector, file.pipelines.map(selectorOf));
  const fix = near === undefined ? "name one of them, or add it to the file" : `did you mean ${near}?`;
  return refuse(file, "no-such-pipeline", `no such pipeline ${quoted(selector)}; ${namesOf(file)}`, fix);
}

const MOST_NAMES = 20;

function namesOf(file: PipelineFile): string {
  if (file.pipelines.length === 0) return "the file has none";
  const names = file.pipelines.slice(0, MOST_NAMES).map((pipeline) => quoted(selectorOf(pipeline)));
  const more = file.pipelines.length - names.length;
  return `the file has ${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function refuse(file: PipelineFile, rule: RuleId, message: string, fix: string): Selection {
  return { plan: null, findings: [findingAt(file.file, file.position, rule, message, fix)] };
}
