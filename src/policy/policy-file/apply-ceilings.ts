import type { Cut, Grant, Lifted } from "../grant.ts";
import { matchGlob } from "../match-glob.ts";
import { IMPLICIT_SCOPE } from "../scope.ts";
import type { Ceiling } from "./ceilings.ts";
import type { PolicyExceptions } from "./policy.ts";

/** What a step asks for. What only policy says, `lifted` and `cuts`, is not asked for: there it has no effect. */
export type GrantRequest = Grant & {
  /** Milliseconds since the epoch: the step's start, from which a policy's minutes count. */
  readonly startsAt: number;
};

/**
 * Cuts a request to what every ceiling allows, and says what each cut. Monotone by construction: every field is an
 * intersection or a minimum, so no request and no further ceiling can enlarge what another allowed. Exceptions are the
 * intersection of what all ceilings lift; without a ceiling nothing is lifted.
 */
export function applyCeilings(asked: GrantRequest, ceilings: readonly Ceiling[]): Grant {
  const { startsAt, lifted: _lifted, cuts: _cuts, ...request } = asked;
  let grant: Grant = request;
  const cuts: Cut[] = [];
  for (const { policy, rules } of ceilings) {
    const what: string[] = [];
    const { scopes, models, egress, maxTime, agentBranches } = rules;
    const expiresAt = maxTime === null ? grant.expiresAt : Math.min(grant.expiresAt, startsAt + maxTime * 60_000);
    if (expiresAt < grant.expiresAt) what.push(`max-time beyond ${maxTime} minutes`);
    const keep = <Item extends string>(items: readonly Item[], kind: string, may: (item: Item) => boolean): Item[] => {
      what.push(...items.filter((item) => !may(item)).map((item) => `${kind} ${item}`));
      return items.filter(may);
    };
    grant = {
      ...grant,
      expiresAt,
      scopes: keep(grant.scopes, "scope", (scope) => scope === IMPLICIT_SCOPE || (scopes?.includes(scope) ?? true)),
      models: keep(grant.models, "model", (model) => models?.includes(model) ?? true),
      egress: keep(grant.egress, "egress", (host) => egress?.some((glob) => matchGlob(glob, host)) ?? true),
      ...(agentBranches === null ? {} : { agentBranches: [...(grant.agentBranches ?? []), agentBranches] }),
    };
    cuts.push(...what.map((one) => ({ policy, what: one })));
  }
  const lifted = liftedFor(request, ceilings);
  return { ...grant, ...(lifted === null ? {} : { lifted }), ...(cuts.length === 0 ? {} : { cuts }) };
}

/** What all ceilings lift for this request. Rule 9 is lifted only for a reviewed step that has no agent and no taint. */
function liftedFor(request: Grant, ceilings: readonly Ceiling[]): Lifted | null {
  if (ceilings.length === 0) return null;
  const exceptions = ceilings.map(({ rules }) => rules.exceptions);
  const clean = request.reviewed && !request.agentStep && request.tainted !== true;
  const lists = (field: "authorityFiles" | "branches"): readonly (readonly string[])[] =>
    exceptions.map((one) => one[field]);
  const lifted: Lifted = {
    authorityFiles: request.reviewed ? inAll(lists("authorityFiles")) : [],
    operations: request.reviewed ? inEvery(exceptions) : [],
    branches: clean ? inAll(lists("branches")) : [],
    buildStatus: clean && exceptions.every(({ buildStatus }) => buildStatus),
  };
  const nothing =
    lifted.authorityFiles.length + lifted.operations.length + lifted.branches.length === 0 && !lifted.buildStatus;
  return nothing ? null : lifted;
}

/** Globs cannot be intersected as text: a name must match one of each list. A list without any lets nothing through. */
function inAll(lists: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return lists.some((list) => list.length === 0) ? [] : lists;
}

function inEvery(exceptions: readonly PolicyExceptions[]): readonly string[] {
  const [first, ...others] = exceptions;
  return first?.operations.filter((id) => others.every(({ operations }) => operations.includes(id))) ?? [];
}
