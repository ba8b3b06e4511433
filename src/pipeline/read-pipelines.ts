import { type Entry, type ListNode, type Node, quoted } from "../policy/index.ts";
import { PIPELINE_KINDS, type Pipeline, type PipelineKind } from "./pipeline-file.ts";
import type { PipelineVariable, Step, StepGroup } from "./plan.ts";
import { block, type ReadContext } from "./read-context.ts";
import { readFullList, readKnownMap, readMap } from "./read-field.ts";
import { readStep } from "./read-step.ts";
import { readVariables } from "./read-variables.ts";

const MOST_STEPS = 100;
const LONGEST_NAME = 255;

/** Everything under `pipelines`. `bookmarks` belong to Mercurial and select nothing. */
export function readPipelines(shared: Omit<ReadContext, "blockers">, node: Node): readonly Pipeline[] {
  const sections = readKnownMap(shared.report, node, "pipelines", [...PIPELINE_KINDS, "bookmarks"]);
  const pipelines: Pipeline[] = [];
  for (const [key, entry] of sections ?? []) {
    const kind = PIPELINE_KINDS.find((candidate) => candidate === key);
    if (kind === undefined) continue;
    if (kind === "default") pipelines.push(readPipeline(shared, kind, "", entry));
    else {
      const named = readMap(shared.report, entry.value, key);
      for (const [name, value] of named?.entries ?? []) pipelines.push(readPipeline(shared, kind, name, value));
    }
  }
  return pipelines;
}

function readPipeline(shared: Omit<ReadContext, "blockers">, kind: PipelineKind, name: string, entry: Entry): Pipeline {
  const { report } = shared;
  const context = { ...shared, blockers: [] };
  if (name.length > LONGEST_NAME) {
    report.add(
      "out-of-range",
      entry.offset,
      `the name ${quoted(name)} is over ${LONGEST_NAME} characters`,
      "shorten it",
    );
  }
  const position = report.positionOf(entry.offset);
  const { variables, steps } = readContent(context, kind, entry.value);
  return { kind, name, position, variables, steps, blockers: context.blockers };
}

type Content = { readonly variables: readonly PipelineVariable[]; readonly steps: readonly Step[] };

const NO_CONTENT: Content = { variables: [], steps: [] };

function readContent(context: ReadContext, kind: PipelineKind, node: Node): Content {
  if (node.kind === "map" && node.entries.has("import")) {
    block(
      context,
      node.offset,
      "a pipeline that is imported from another repository is not available yet",
      "copy it here",
    );
    return NO_CONTENT;
  }
  if (kind === "pull-requests" && node.kind === "map") return readDestinations(context, node);
  const list = readFullList(context.report, node, "a pipeline");
  return list === undefined ? NO_CONTENT : readItems(context, kind, list);
}

/** `{destinations: {GLOB: pipeline}}`: read for its errors. */
function readDestinations(context: ReadContext, node: Node): Content {
  const destinations = readKnownMap(context.report, node, "a pipeline", ["destinations"])?.get("destinations");
  const map = destinations && readMap(context.report, destinations.value, "destinations");
  for (const entry of map?.entries.values() ?? []) readContent(context, "default", entry.value);
  block(
    context,
    node.offset,
    "pull-request pipelines by destination are not available yet",
    "write the steps as a list",
  );
  return NO_CONTENT;
}

function readItems(context: ReadContext, kind: PipelineKind, list: ListNode): Content {
  const { report } = context;
  const steps: Step[] = [];
  let variables: readonly PipelineVariable[] = [];
  let groups = 0;
  const addStep = (node: Node, group: StepGroup | null): void => {
    const blocked = context.blockers.length;
    const step = readStep(context, node, { number: steps.length + 1, group, variables });
    // Half of a step must never pass for the whole of it in a review (design, rule 2).
    if (step !== undefined && context.blockers.length === blocked) steps.push(step);
  };
  const addGroup = (groupKind: StepGroup["kind"], node: Node): void => {
    groups += 1;
    for (const step of readGroup(context, groupKind, node)) addStep(step, { kind: groupKind, number: groups });
  };
  for (const [index, item] of list.items.entries()) {
    const known = kind === "custom" && index === 0 ? [...ITEM_KEYS, "variables"] : ITEM_KEYS;
    const [key, entry] = readSingle(context, item, known) ?? [];
    if (entry === undefined) continue;
    if (key === "variables") variables = readVariables(report, entry.value);
    else if (key === "step") addStep(entry.value, null);
    else if (key === "parallel" || key === "stage") addGroup(key, entry.value);
  }
  if (steps.length > MOST_STEPS) {
    report.add("too-many-steps", list.offset, `the pipeline has ${steps.length} steps, over ${MOST_STEPS}`, "split it");
  }
  return { variables, steps };
}

const ITEM_KEYS = ["step", "parallel", "stage"];

/** A map with one key among `known`. */
function readSingle(context: ReadContext, node: Node, known: readonly string[]): readonly [string, Entry] | undefined {
  const entries = readKnownMap(context.report, node, "an item of a pipeline", known);
  const first = [...(entries ?? [])].filter(([key]) => known.includes(key));
  if (entries !== undefined && (first.length > 1 || entries.size === 0)) {
    const fix = `give the item exactly one of ${known.join(", ")}`;
    context.report.add(
      "missing-key",
      node.offset,
      `an item of a pipeline has ${first.length} of ${known.join(", ")}`,
      fix,
    );
  }
  return first.length === 1 ? first[0] : undefined;
}

const GROUP_KEYS = {
  parallel: ["steps", "fail-fast"],
  stage: ["name", "steps", "trigger", "condition", "deployment", "environment"],
} as const satisfies Record<StepGroup["kind"], readonly string[]>;

/** The step nodes of a `parallel` (a list or a map) or a `stage` (a map). */
function readGroup(context: ReadContext, kind: StepGroup["kind"], node: Node): readonly Node[] {
  const { report } = context;
  if (kind === "parallel" && node.kind === "list") return readGroupSteps(context, kind, node);
  const entries = readKnownMap(report, node, kind, GROUP_KEYS[kind]);
  const steps = entries?.get("steps");
  if (entries !== undefined && steps === undefined) {
    report.add("missing-key", node.offset, `the ${kind} has no steps`, "add steps");
  }
  return steps === undefined ? [] : readGroupSteps(context, kind, steps.value);
}

function readGroupSteps(context: ReadContext, kind: string, node: Node): readonly Node[] {
  const items = readFullList(context.report, node, `the steps of a ${kind}`)?.items ?? [];
  return items.map((item) => readSingle(context, item, ["step"])?.[1].value).filter((step) => step !== undefined);
}
