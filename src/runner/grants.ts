import type { Step } from "../pipeline/index.ts";
import {
  applyCeilings,
  IMPLICIT_SCOPE,
  NO_TOOL_PERMISSIONS,
  type Ceiling,
  type Cut,
  type Grant,
  type ToolPermissions,
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
