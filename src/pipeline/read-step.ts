import { type Entry, type Node, parseScope, quoted, type Scope } from "../policy/index.ts";
import type { PipelineVariable, Step, StepGroup } from "./plan.ts";
import { NO_ARTIFACTS, readArtifacts } from "./read-artifacts.ts";
import { readClone } from "./read-clone.ts";
import { block, type ReadContext } from "./read-context.ts";
import { readList, readKnownMap, readText, readWhole } from "./read-field.ts";
import { readAfterScript, readScript } from "./read-script.ts";
import type { Report } from "./report.ts";

/** Minutes: the longest `max-time` of a step. */
export const MOST_MINUTES = 720;

const READ_KEYS = ["name", "script", "after-script", "artifacts", "clone", "max-time", "auth"];

/** Valid in Bitbucket, without effect here yet (reference, section 6). */
const IGNORED_KEYS = [
  "image",
  "caches",
  "services",
  "size",
  "trigger",
  "deployment",
  "environment",
  "condition",
  "oidc",
  "runs-on",
  "runtime",
  "concurrency-group",
  "fail-fast",
  "output-variables",
  "on-fail",
  "type",
  "custom",
  "input-variables",
];

const STEP_KEYS = [...READ_KEYS, ...IGNORED_KEYS];

/** Where a step stands in its pipeline. */
export type StepPlace = {
  readonly number: number;
  readonly group: StepGroup | null;
  readonly variables: readonly PipelineVariable[];
};

/** The value of one `step:`. */
export function readStep(context: ReadContext, node: Node, place: StepPlace): Step | undefined {
  const { report } = context;
  const entries = readKnownMap(report, node, "a step", STEP_KEYS);
  if (entries === undefined) return undefined;
  const artifacts = readOptional(entries, "artifacts", (value) => readArtifacts(report, value)) ?? NO_ARTIFACTS;
  return {
    ...place,
    name: readOptional(entries, "name", (value) => readText(report, value, "name")) ?? null,
    position: report.positionOf(node.offset),
    maxTime: readOptional(entries, "max-time", (value) => readMaxTime(report, value)) ?? context.maxTime,
    scopes: readOptional(entries, "auth", (value) => readScopes(report, value)) ?? [],
    script: readStepScript(context, node, entries),
    afterScript: readOptional(entries, "after-script", (value) => readAfterScript(context, value)) ?? [],
    artifacts: artifacts.paths,
    ...(artifacts.names.length === 0 ? {} : { artifactNames: artifacts.names }),
    downloads: artifacts.downloads,
    clone: readOptional(entries, "clone", (value) => readClone(report, value, context.clone)) ?? context.clone,
    ignored: [...IGNORED_KEYS.filter((key) => entries.has(key)), ...artifacts.ignored],
  };
}

/** `max-time` of a step or of `options`, in minutes. */
export function readMaxTime(report: Report, node: Node): number | undefined {
  return readWhole(report, node, "max-time", 1, MOST_MINUTES);
}

function readOptional<T>(entries: ReadonlyMap<string, Entry>, key: string, read: (node: Node) => T): T | undefined {
  const entry = entries.get(key);
  return entry === undefined ? undefined : read(entry.value);
}

function readStepScript(context: ReadContext, node: Node, entries: ReadonlyMap<string, Entry>): Step["script"] {
  const script = entries.get("script");
  if (script !== undefined) return readScript(context, script.value);
  if (entries.has("custom")) {
    block(
      context,
      node.offset,
      "a step that starts another pipeline is not available yet",
      "run that pipeline by itself",
    );
  } else {
    context.report.add("missing-key", node.offset, "the step has no script", "add a script with at least one line");
  }
  return [];
}

/** `auth: {system: {scopes: […]}}`, each scope once. */
function readScopes(report: Report, node: Node): readonly Scope[] {
  const system = readKnownMap(report, node, "auth", ["system"])?.get("system");
  const scopes = system && readKnownMap(report, system.value, "auth.system", ["scopes"])?.get("scopes");
  const found = new Set<Scope>();
  for (const item of (scopes && readList(report, scopes.value, "auth.system.scopes")?.items) ?? []) {
    const text = readText(report, item, "a scope");
    if (text === undefined) continue;
    const parsed = parseScope(text);
    if (parsed.ok) found.add(parsed.scope);
    else report.add("unknown-scope", item.offset, `the scope ${quoted(text)} cannot be had`, parsed.reason);
  }
  return [...found];
}
