import type { Finding } from "../base/index.ts";
import { createPositions, type Entry, type Node, readYaml } from "../policy/index.ts";
import type { PipelineFile } from "./pipeline-file.ts";
import { readAgents } from "./read-agents.ts";
import { DEFAULT_CLONE, readClone } from "./read-clone.ts";
import { readKnownMap, readMap } from "./read-field.ts";
import { readPipelines } from "./read-pipelines.ts";
import { readMaxTime } from "./read-step.ts";
import { createReport, type Report } from "./report.ts";

/** What became of a file: `pipelines` is null when any finding is an error. Findings are in the order of the file. */
export type ParsedPipelineFile = { readonly pipelines: PipelineFile | null; readonly findings: readonly Finding[] };

/**
 * Reads a `bitbucket-pipelines.yml`. `text` is the file decoded as UTF-8 with replacement of what is not; `file` is its
 * path for messages. Never throws on any text: hostile YAML is a finding with its place (attack 36).
 */
export function parsePipelineFile(text: string, file: string): ParsedPipelineFile {
  const content = text.startsWith("\ufeff") ? text.slice(1) : text;
  const report = createReport(file, createPositions(content));
  const root = readRoot(report, content);
  const pipelines = root === null || report.hasErrors() ? null : readFile(report, root);
  return { pipelines: report.hasErrors() ? null : pipelines, findings: report.findings() };
}

function readRoot(report: Report, text: string): Node | null {
  const root = readYaml(report, text);
  if (root !== null || report.hasErrors()) return root;
  report.add("empty-file", 0, "the file has no content", "add pipelines with at least one step");
  return null;
}

const READ_KEYS = ["pipelines", "definitions", "options", "clone"];
const IGNORED_KEYS = ["image", "labels", "export", "triggers"];
const OPTIONS = ["max-time", "size", "docker", "runtime", "oidc", "runs-on"];

function readFile(report: Report, root: Node): PipelineFile | null {
  const entries = readKnownMap(report, root, "a pipeline file", [...READ_KEYS, ...IGNORED_KEYS]);
  if (entries === undefined) return null;
  const clone = entries.get("clone");
  const options = readOptions(report, entries.get("options"));
  const agents = readAgents(report, readDefinedAgents(report, entries.get("definitions")));
  const defaults = {
    maxTime: options.maxTime,
    clone: clone === undefined ? DEFAULT_CLONE : readClone(report, clone.value, DEFAULT_CLONE),
  };
  const section = entries.get("pipelines");
  if (section === undefined) {
    report.add("missing-key", root.offset, "the file has no pipelines", "add pipelines with at least one step");
    return null;
  }
  return {
    ...defaults,
    file: report.file,
    position: report.positionOf(section.offset),
    agents: [...agents.values()],
    pipelines: readPipelines({ report, ...defaults, agents }, section.value),
    ignored: [...IGNORED_KEYS.filter((key) => entries.has(key)), ...options.ignored],
  };
}

/** Minutes that a step may take unless it says otherwise (reference, section 6). */
const DEFAULT_MINUTES = 120;

function readOptions(report: Report, entry: Entry | undefined): Pick<PipelineFile, "maxTime" | "ignored"> {
  const options = entry && readKnownMap(report, entry.value, "options", OPTIONS);
  const maxTime = options?.get("max-time");
  return {
    maxTime: (maxTime && readMaxTime(report, maxTime.value)) ?? DEFAULT_MINUTES,
    ignored: OPTIONS.filter((key) => key !== "max-time" && options?.has(key)).map((key) => `options.${key}`),
  };
}

/** Other keys of `definitions` are where people park anchors, so none is unknown there. */
function readDefinedAgents(report: Report, entry: Entry | undefined): Node | undefined {
  if (entry === undefined || (entry.value.kind === "scalar" && entry.value.value === null)) return undefined;
  return readMap(report, entry.value, "definitions")?.entries.get("agents")?.value;
}
