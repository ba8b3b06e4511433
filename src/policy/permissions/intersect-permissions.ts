import { isShippedTool } from "../operations.ts";
import {
  NO_TOOL_PERMISSIONS,
  stricterOf,
  type BashPermissions,
  type BashRule,
  type ServerPermissions,
  type ToolPermissions,
  type ToolRule,
} from "../tool-permissions.ts";
import { ruleOf } from "./resolve-permission.ts";

/** What each of several agents may do: a tool has the strictest of their permissions (attack 45). */
export function intersectPermissions(agents: readonly ToolPermissions[]): ToolPermissions {
  const [first = NO_TOOL_PERMISSIONS, ...others] = agents;
  return others.reduce((a, b) => combine(a, b, { permission: "deny" }), first);
}

/**
 * What one agent may do by two texts of different languages, such as Claude's settings and `toolPermissions`: the stricter
 * of the two holds, and a custom tool needs its line in one of them.
 */
export function tightenPermissions(a: ToolPermissions, b: ToolPermissions): ToolPermissions {
  return combine(a, b, null);
}

/** `unlisted` is what a text says about a custom tool that it does not list; null: nothing. */
function combine(a: ToolPermissions, b: ToolPermissions, unlisted: ToolRule | null): ToolPermissions {
  const names = [...new Set([...Object.keys(a.tools), ...Object.keys(b.tools)])];
  const tools = names.map(
    (name) => [name, strictestRule([saidOf(a, name) ?? unlisted, saidOf(b, name) ?? unlisted])] as const,
  );
  const byDefault = stricterDefault(a, b);
  const bash = combineBash(a.bash, b.bash);
  const paths = combinePaths(a, b, unlisted === null);
  const servers = combineServers(a.servers, b.servers, unlisted === null);
  return {
    default: byDefault.default,
    ...(byDefault.defaultLine === undefined ? {} : { defaultLine: byDefault.defaultLine }),
    tools: Object.fromEntries(tools),
    ...(bash === undefined ? {} : { bash }),
    ...(paths === undefined ? {} : { allowedExternalPaths: paths }),
    ...(servers === undefined ? {} : { servers }),
  };
}

function stricterDefault(a: ToolPermissions, b: ToolPermissions): ToolPermissions {
  if (a.default === null) return b;
  if (b.default === null) return a;
  return stricterOf(a.default, b.default) === a.default ? a : b;
}

/** A shipped tool without a line has the `default`, and without that the shipped default, which allows (rule 5). */
function saidOf(permissions: ToolPermissions, name: string): ToolRule | null {
  const rule = ruleOf(permissions, name);
  if (rule !== undefined) return rule;
  if (!isShippedTool(name)) return null;
  if (permissions.default === null) return { permission: "allow" };
  return { permission: permissions.default, line: permissions.defaultLine ?? "toolPermissions.default" };
}

/** At least one of the two texts says something about a tool that one of them lists. */
function strictestRule(said: readonly (ToolRule | null)[]): ToolRule {
  return said.filter((rule) => rule !== null).reduce(stricterRule);
}

function stricterRule(one: ToolRule, other: ToolRule): ToolRule {
  const [ours, theirs] = [one.arguments ?? {}, other.arguments ?? {}];
  const permission = stricterOf(one.permission, other.permission);
  const pins = { ...ours, ...theirs };
  // Two different pins on one argument cannot both be kept in one rule, so nothing satisfies them.
  const clash = Object.entries(ours).some(
    ([name, pin]) => Object.hasOwn(theirs, name) && JSON.stringify(pin) !== JSON.stringify(theirs[name]),
  );
  const maxCalls = Math.min(one.maxCalls ?? Infinity, other.maxCalls ?? Infinity);
  const line = permission === one.permission ? one.line : other.line;
  return {
    permission: clash ? "deny" : permission,
    ...(Object.keys(pins).length === 0 ? {} : { arguments: pins }),
    ...(maxCalls === Infinity ? {} : { maxCalls }),
    ...(line === undefined ? {} : { line }),
  };
}

/** Lines that ask or deny are kept from both; one that allows, only when both have it. */
function combineBash(a: BashPermissions | undefined, b: BashPermissions | undefined): BashPermissions | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const [ours, theirs] = [a.commands ?? [], b.commands ?? []];
  const allowedBy = (rules: readonly BashRule[], { command }: BashRule): boolean =>
    rules.some((rule) => rule.permission === "allow" && rule.command === command);
  return {
    default: a.default === b.default ? a.default : stricterOf(a.default ?? "ask", b.default ?? "ask"),
    commands: [
      ...ours.filter((rule) => rule.permission !== "allow" || allowedBy(theirs, rule)),
      ...theirs.filter((rule) => rule.permission !== "allow"),
    ],
    env: a.env.filter((name) => b.env.includes(name)),
  };
}

function combinePaths(a: ToolPermissions, b: ToolPermissions, oneIsEnough: boolean): readonly string[] | undefined {
  const [ours, theirs] = [a.allowedExternalPaths, b.allowedExternalPaths];
  if (ours === undefined && theirs === undefined) return undefined;
  if (oneIsEnough && (ours === undefined || theirs === undefined)) return ours ?? theirs;
  return (ours ?? []).filter((path) => theirs?.includes(path));
}

function combineServers(
  a: ServerPermissions | undefined,
  b: ServerPermissions | undefined,
  oneIsEnough: boolean,
): ServerPermissions | undefined {
  if (a === undefined && b === undefined) return undefined;
  const disabled = [...new Set([...(a?.disabled ?? []), ...(b?.disabled ?? [])])];
  const [ours, theirs] = [a?.allowed ?? null, b?.allowed ?? null];
  if (ours === null || theirs === null) return { allowed: oneIsEnough ? (ours ?? theirs) : null, disabled };
  return { allowed: ours.filter((server) => theirs.includes(server)), disabled };
}
