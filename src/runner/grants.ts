import type { AgentDefinition, Step } from "../pipeline/index.ts";
import {
  applyCeilings,
  IMPLICIT_SCOPE,
  NO_TOOL_PERMISSIONS,
  SHIPPED_TOOLS,
  type Ceiling,
  type Cut,
  type Grant,
  type Permission,
  type ToolPermissions,
  type ToolRule,
} from "../policy/index.ts";
import type { Taint } from "./taint.ts";

/** What the grants of a step's items have in common. */
export type StepAuthority = {
  readonly run: string;
  readonly step: Step;
  readonly repository: string;
  readonly protectedBranches: readonly string[];
  readonly trustedCommit: string;
  readonly reviewed: boolean;
  /** Milliseconds since the epoch. */
  readonly startsAt: number;
  readonly expiresAt: number;
  readonly ceilings: readonly Ceiling[];
  /** Null when no agent's artifacts come in. */
  readonly taint: Taint | null;
};

/** Which item a grant is for, and what its agents may do. */
export type ItemAuthority = {
  readonly item: string;
  readonly agent: string | null;
  readonly tools: ToolPermissions;
  readonly models: readonly string[];
};

/**
 * The grant of one item: the step's, cut to the item (design, section 2), to what taint leaves (rule 10) and to every
 * ceiling. A step that nobody reviewed has implicit read only (rule 2).
 */
export function grantFor(authority: StepAuthority, item: ItemAuthority): Grant {
  const { step, reviewed, taint, startsAt, ceilings } = authority;
  const asked = reviewed ? [...new Set([IMPLICIT_SCOPE, ...step.scopes])].sort() : [IMPLICIT_SCOPE];
  const cap = taint?.scopes ?? null;
  const scopes = cap === null ? asked : asked.filter((scope) => cap.includes(scope));
  const request = {
    startsAt,
    run: authority.run,
    step: step.number,
    item: item.item,
    repository: authority.repository,
    scopes,
    agent: item.agent,
    agentStep: step.script.some(({ kind }) => kind === "agent"),
    tools: item.tools,
    protectedBranches: authority.protectedBranches,
    trustedCommit: authority.trustedCommit,
    models: item.models,
    egress: [],
    expiresAt: authority.expiresAt,
    reviewed,
    ...(taint === null ? {} : { tainted: true as const }),
  };
  const grant = applyCeilings(request, ceilings);
  const lost = asked.filter((scope) => !scopes.includes(scope));
  const cuts: readonly Cut[] = lost.map((scope) => ({ policy: "rule 10", what: `scope ${scope}` }));
  return cuts.length === 0 ? grant : { ...grant, cuts: [...cuts, ...(grant.cuts ?? [])] };
}

/** What a step may do at most, before any agent of it: for the one who started the run. */
export function stepGrant(authority: StepAuthority, item = String(authority.step.number)): Grant {
  return grantFor(authority, { item, agent: null, tools: NO_TOOL_PERMISSIONS, models: [] });
}

/** The grant under which the clone is made and artifacts travel: reading the repository, whatever the step holds. */
export function cloneGrant(authority: StepAuthority, item: string): Grant {
  return { ...stepGrant(authority, item), scopes: [IMPLICIT_SCOPE] };
}

/** Shell after agents may do what each of those agents may: a tool has the strictest of their permissions (attack 45). */
export function intersectTools(agents: readonly ToolPermissions[]): ToolPermissions {
  const [first = NO_TOOL_PERMISSIONS, ...others] = agents;
  return others.reduce(stricterOf, first);
}

const STRICTNESS: Readonly<Record<Permission, number>> = { allow: 0, ask: 1, deny: 2 };

function stricter(a: Permission, b: Permission): Permission {
  return STRICTNESS[a] >= STRICTNESS[b] ? a : b;
}

function stricterOf(a: ToolPermissions, b: ToolPermissions): ToolPermissions {
  const names = new Set([...Object.keys(a.tools), ...Object.keys(b.tools)]);
  const tools = [...names].map((name) => [name, stricterRule(ruleIn(a, name), ruleIn(b, name))] as const);
  const fallback = a.default === null ? b.default : b.default === null ? a.default : stricter(a.default, b.default);
  return { default: fallback, tools: Object.fromEntries(tools) };
}

/** A shipped tool without a line has the `default`, and without that the shipped default, which allows; any other is denied (rule 5). */
function ruleIn(permissions: ToolPermissions, name: string): ToolRule {
  const rule = Object.hasOwn(permissions.tools, name) ? permissions.tools[name] : undefined;
  return rule ?? { permission: SHIPPED_TOOLS.includes(name) ? (permissions.default ?? "allow") : "deny" };
}

function stricterRule(a: ToolRule, b: ToolRule): ToolRule {
  const permission = stricter(a.permission, b.permission);
  const pins = { ...a.arguments, ...b.arguments };
  // Two different pins on one argument cannot both be kept in one rule, so nothing satisfies them.
  const clash = Object.keys(a.arguments ?? {}).some(
    (name) =>
      b.arguments !== undefined &&
      Object.hasOwn(b.arguments, name) &&
      JSON.stringify(a.arguments?.[name]) !== JSON.stringify(b.arguments[name]),
  );
  const maxCalls = Math.min(a.maxCalls ?? Infinity, b.maxCalls ?? Infinity);
  return {
    permission: clash ? "deny" : permission,
    ...(Object.keys(pins).length === 0 ? {} : { arguments: pins }),
    ...(maxCalls === Infinity ? {} : { maxCalls }),
  };
}

/** The permissions of one agent: what its provider's own configuration says, made stricter by `toolPermissions`. */
export function agentTools(agent: AgentDefinition, fromProvider: ToolPermissions): ToolPermissions {
  const layers = [fromProvider, agent.toolPermissions].filter(
    (layer) => layer.default !== null || Object.keys(layer.tools).length > 0,
  );
  return intersectTools(layers);
}
