import {
  type ArgumentRule,
  type MapNode,
  type Node,
  quoted,
  type ServerPermissions,
  type ToolPermissions,
  type ToolRule,
} from "../policy/index.ts";
import { readBashPermissions, readPermission } from "./read-bash-permissions.ts";
import { readKnownMap, readList, readMap, readText, readWhole, wrongType } from "./read-field.ts";
import type { Report } from "./report.ts";

/** The longest `max-length` and the highest `max-calls` that make sense to write. */
const MOST = 1_000_000;

/** `toolPermissions` in Rovo's documented shape (reference, section 4), and our object form of a tool (design, rule 8). */
export function readToolPermissions(report: Report, node: Node): ToolPermissions {
  const known = ["default", "tools", "bash", "allowedExternalPaths"];
  const entries = readKnownMap(report, node, "toolPermissions", known);
  const byDefault = entries?.get("default");
  const tools = entries?.get("tools");
  const bash = entries?.get("bash");
  const paths = entries?.get("allowedExternalPaths");
  return {
    default: byDefault === undefined ? null : (readPermission(report, byDefault.value, "default") ?? null),
    tools: tools === undefined ? {} : readTools(report, tools.value),
    ...(bash === undefined ? {} : { bash: readBashPermissions(report, bash.value) }),
    ...(paths === undefined ? {} : { allowedExternalPaths: readNames(report, paths.value, "allowedExternalPaths") }),
  };
}

/** `mcp`, as far as it says which custom servers an agent may use. The rest of it is the provider's. */
export function readServerPermissions(report: Report, node: Node): ServerPermissions | undefined {
  const entries = readMap(report, node, "mcp")?.entries;
  const allowed = entries?.get("allowedMcpServers");
  const disabled = entries?.get("disabledMcpServers");
  if (allowed === undefined && disabled === undefined) return undefined;
  return {
    allowed: allowed === undefined ? null : readNames(report, allowed.value, "allowedMcpServers"),
    disabled: disabled === undefined ? [] : readNames(report, disabled.value, "disabledMcpServers"),
  };
}

/** A list of texts that may be empty: an empty one says that there is none. */
function readNames(report: Report, node: Node, what: string): readonly string[] {
  const items = readList(report, node, what)?.items ?? [];
  return items.map((item) => readText(report, item, `an entry of ${what}`)).filter((text) => text !== undefined);
}

function readTools(report: Report, node: Node): ToolPermissions["tools"] {
  const map = readMap(report, node, "tools");
  const rules = [...(map?.entries ?? [])].map(
    ([name, entry]) => [name, readToolRule(report, name, entry.value)] as const,
  );
  return Object.fromEntries(rules);
}

/** A rule that cannot be read is a deny; the report has the error all the same. */
function readToolRule(report: Report, name: string, node: Node): ToolRule {
  if (node.kind !== "map") return { permission: readPermission(report, node, name) ?? "deny" };
  const entries = readKnownMap(report, node, `the permission of ${quoted(name)}`, [
    "permission",
    "arguments",
    "max-calls",
  ]);
  const permission = entries?.get("permission");
  const pins = entries?.get("arguments");
  const maxCalls = entries?.get("max-calls");
  if (permission === undefined) {
    const fix = "add permission: allow, ask or deny";
    report.add("missing-key", node.offset, `the permission of ${quoted(name)} has no permission`, fix);
  }
  const most = maxCalls === undefined ? undefined : readWhole(report, maxCalls.value, "max-calls", 1, MOST);
  return {
    permission: (permission === undefined ? undefined : readPermission(report, permission.value, name)) ?? "deny",
    ...(pins === undefined ? {} : { arguments: readPins(report, pins.value) }),
    ...(most === undefined ? {} : { maxCalls: most }),
  };
}

function readPins(report: Report, node: Node): Readonly<Record<string, ArgumentRule>> {
  const pins = [...(readMap(report, node, "arguments")?.entries ?? [])];
  const rules = pins.map(
    ([name, entry]) => [name, readPin(report, entry.value, `the argument ${quoted(name)}`)] as const,
  );
  return Object.fromEntries(rules.filter((rule): rule is [string, ArgumentRule] => rule[1] !== undefined));
}

function readPin(report: Report, node: Node, what: string): ArgumentRule | undefined {
  if (node.kind === "scalar" && node.value !== null) return { equals: node.value };
  if (node.kind !== "map") return wrongType(report, node, what, "a value, {glob: …} or {max-length: …}");
  return readPinMap(report, node, what);
}

function readPinMap(report: Report, node: MapNode, what: string): ArgumentRule | undefined {
  const entries = readKnownMap(report, node, what, ["glob", "max-length"]);
  const glob = entries?.get("glob");
  const length = entries?.get("max-length");
  if ((glob === undefined) === (length === undefined)) {
    report.add("missing-key", node.offset, `${what} needs exactly one of glob and max-length`, "write one of them");
    return undefined;
  }
  if (glob !== undefined) {
    const text = readText(report, glob.value, `the glob of ${what}`);
    return text === undefined ? undefined : { glob: text };
  }
  const most = length === undefined ? undefined : readWhole(report, length.value, "max-length", 0, MOST);
  return most === undefined ? undefined : { maxLength: most };
}
