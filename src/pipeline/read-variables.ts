import { type MapNode, type Node, quoted } from "../policy/index.ts";
import type { PipelineVariable } from "./plan.ts";
import { readFullList, readKnownMap, readText, readTextList } from "./read-field.ts";
import type { Report } from "./report.ts";

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Names that steer the step itself or the programs in it, so that no caller of a run sets them (design, rule 10). */
const RESERVED = /^(?:BITBUCKET_.*|PATH|LD_.*|GIT_.*|NODE_OPTIONS|BASH_ENV|ENV)$/;

/** The `variables` item of a custom pipeline. */
export function readVariables(report: Report, node: Node): readonly PipelineVariable[] {
  const found = new Map<string, PipelineVariable>();
  for (const item of readFullList(report, node, "variables")?.items ?? []) {
    const variable = readVariable(report, item);
    if (variable === undefined) continue;
    if (found.has(variable.name)) {
      report.add("variable-name", item.offset, `the variable ${quoted(variable.name)} is declared twice`, "remove one");
    }
    found.set(variable.name, variable);
  }
  return [...found.values()];
}

function readVariable(report: Report, node: Node): PipelineVariable | undefined {
  const entries = readKnownMap(report, node, "a variable", ["name", "default", "description", "allowed-values"]);
  if (entries === undefined || node.kind !== "map") return undefined;
  const name = readName(report, node);
  const byDefault = entries.get("default");
  const allowed = entries.get("allowed-values");
  const allowedValues = allowed === undefined ? null : readTextList(report, allowed.value, "allowed-values");
  const value = byDefault === undefined ? null : readDefault(report, byDefault.value);
  if (byDefault !== undefined && value !== null && allowedValues?.includes(value) === false) {
    const fix = `write one of ${allowedValues.map(quoted).join(", ")}`;
    report.add("variable-default", byDefault.value.offset, `the default ${quoted(value)} is not an allowed value`, fix);
  }
  return name === undefined ? undefined : { name, default: value, allowedValues };
}

function readName(report: Report, node: MapNode): string | undefined {
  const entry = node.entries.get("name");
  if (entry === undefined) {
    report.add("missing-key", node.offset, "the variable has no name", "add a name");
    return undefined;
  }
  const name = readText(report, entry.value, "name");
  if (name === undefined || (NAME.test(name) && !RESERVED.test(name))) return name;
  const fix = "use letters, digits and underscores, and no name that belongs to Bitbucket, git or the shell";
  report.add("variable-name", entry.value.offset, `the variable's name is ${quoted(name)}`, fix);
  return undefined;
}

/** Unlike other texts a default may be empty. */
function readDefault(report: Report, node: Node): string | null {
  if (node.kind === "scalar" && (node.value === null || node.text === "")) return "";
  return readText(report, node, "default") ?? null;
}
