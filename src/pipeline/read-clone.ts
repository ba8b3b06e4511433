import type { Node } from "../policy/index.ts";
import type { Step } from "./plan.ts";
import { readBoolean, readKnownMap, readWhole } from "./read-field.ts";
import type { Report } from "./report.ts";

/** Bitbucket's own default (reference, section 6, schema). */
export const DEFAULT_CLONE: Step["clone"] = { enabled: true, depth: 50 };

/** `clone`, of the file or of a step; what is not said stays as in `below`. */
export function readClone(report: Report, node: Node, below: Step["clone"]): Step["clone"] {
  const entries = readKnownMap(report, node, "clone", ["enabled", "depth", "lfs", "skip-ssl-verify"]);
  const enabled = entries?.get("enabled");
  const depth = entries?.get("depth");
  return {
    enabled: (enabled && readBoolean(report, enabled.value, "clone.enabled")) ?? below.enabled,
    depth: depth === undefined ? below.depth : readDepth(report, depth.value),
  };
}

/** A number of commits, or null for `full`. */
function readDepth(report: Report, node: Node): number | null {
  if (node.kind === "scalar" && node.value === "full") return null;
  return readWhole(report, node, "clone.depth", 1, Number.MAX_SAFE_INTEGER) ?? null;
}
