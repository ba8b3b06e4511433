import { type Entry, kindOf, type ListNode, type MapNode, nearestName, type Node, quoted } from "../policy/index.ts";
import type { Report } from "./report.ts";

/** `what` names the field as a reader writes it, such as `max-time`. Each reader reports and returns undefined when the value is of another kind. */

export function readMap(report: Report, node: Node, what: string): MapNode | undefined {
  if (node.kind === "map") return node;
  return wrongType(report, node, what, "a map of keys and values");
}

/** A map whose keys are all among `known`; the others are reported, with the name that was probably meant. */
export function readKnownMap(
  report: Report,
  node: Node,
  what: string,
  known: readonly string[],
): ReadonlyMap<string, Entry> | undefined {
  const map = readMap(report, node, what);
  if (map === undefined) return undefined;
  for (const [key, entry] of map.entries) {
    if (!known.includes(key)) reportUnknownKey(report, entry.offset, key, what, known);
  }
  return map.entries;
}

export function reportUnknownKey(
  report: Report,
  offset: number,
  key: string,
  what: string,
  known: readonly string[],
): void {
  const near = nearestName(key, known);
  const fix = near === undefined ? `use one of ${known.join(", ")}` : `did you mean ${near}?`;
  report.add("unknown-key", offset, `${quoted(key)} means nothing in ${what}`, fix);
}

export function readList(report: Report, node: Node, what: string): ListNode | undefined {
  if (node.kind === "list") return node;
  return wrongType(report, node, what, "a list");
}

/** A list with at least one item. */
export function readFullList(report: Report, node: Node, what: string): ListNode | undefined {
  const list = readList(report, node, what);
  if (list !== undefined && list.items.length === 0) {
    report.add("out-of-range", list.offset, `${what} is empty`, "give it at least one item, or remove the key");
    return undefined;
  }
  return list;
}

/** A text that is not empty; a number or a boolean counts as the text that it is written as. */
export function readText(report: Report, node: Node, what: string): string | undefined {
  if (node.kind === "scalar" && node.value !== null && node.text !== "") return node.text;
  return wrongType(report, node, what, "a text");
}

export function readTextList(report: Report, node: Node, what: string): readonly string[] {
  const items = readFullList(report, node, what)?.items ?? [];
  return items.map((item) => readText(report, item, `an item of ${what}`)).filter((text) => text !== undefined);
}

export function readBoolean(report: Report, node: Node, what: string): boolean | undefined {
  if (node.kind === "scalar" && typeof node.value === "boolean") return node.value;
  return wrongType(report, node, what, "true or false");
}

/** A whole number from `least` to `most`, both included. */
export function readWhole(report: Report, node: Node, what: string, least: number, most: number): number | undefined {
  if (node.kind !== "scalar" || typeof node.value !== "number") return wrongType(report, node, what, "a whole number");
  if (Number.isInteger(node.value) && node.value >= least && node.value <= most) return node.value;
  const fix = `write a whole number from ${least} to ${most}`;
  report.add("out-of-range", node.offset, `${what} is ${quoted(node.text)}`, fix);
  return undefined;
}

export function wrongType(report: Report, node: Node, what: string, wanted: string): undefined {
  report.add("wrong-type", node.offset, `${what} is ${kindOf(node)}`, `write ${wanted}`);
  return undefined;
}
