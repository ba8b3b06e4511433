import {
  type BashPermissions,
  type BashRule,
  type Node,
  type Permission,
  PERMISSIONS,
  quoted,
} from "../policy/index.ts";
import { readKnownMap, readList, readMap, readText } from "./read-field.ts";
import type { Report } from "./report.ts";

/** `toolPermissions.bash` (reference, section 4). Of `env` only the names are kept: the values are the provider's business. */
export function readBashPermissions(report: Report, node: Node): BashPermissions {
  const entries = readKnownMap(report, node, "bash", ["default", "commands", "env"]);
  const byDefault = entries?.get("default");
  const commands = entries?.get("commands");
  const env = entries?.get("env");
  return {
    default: byDefault === undefined ? null : (readPermission(report, byDefault.value, "bash.default") ?? null),
    commands: commands === undefined ? null : readRules(report, commands.value),
    env: env === undefined ? [] : [...(readMap(report, env.value, "bash.env")?.entries.keys() ?? [])],
  };
}

function readRules(report: Report, node: Node): readonly BashRule[] {
  const items = readList(report, node, "bash.commands")?.items ?? [];
  return items.map((item) => readRule(report, item)).filter((rule) => rule !== undefined);
}

function readRule(report: Report, node: Node): BashRule | undefined {
  const what = "an entry of bash.commands";
  const entries = readKnownMap(report, node, what, ["command", "permission"]);
  if (entries === undefined) return undefined;
  const command = entries.get("command");
  const permission = entries.get("permission");
  for (const [key, entry] of Object.entries({ command, permission })) {
    if (entry !== undefined) continue;
    report.add("missing-key", node.offset, `${what} has no ${key}`, "write {command: git.*, permission: allow}");
  }
  const text = command === undefined ? undefined : readText(report, command.value, "the command");
  if (text === undefined || permission === undefined) return undefined;
  return { command: text, permission: readPermission(report, permission.value, text) ?? "deny" };
}

/** allow, ask or deny; anything else is reported, and undefined. */
export function readPermission(report: Report, node: Node, name: string): Permission | undefined {
  const text = readText(report, node, `the permission of ${quoted(name)}`);
  const permission = PERMISSIONS.find((candidate) => candidate === text);
  if (text !== undefined && permission === undefined) {
    report.add(
      "unknown-permission",
      node.offset,
      `the permission of ${quoted(name)} is ${quoted(text)}`,
      "write allow, ask or deny",
    );
  }
  return permission;
}
