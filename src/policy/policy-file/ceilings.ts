import { matchGlob } from "../match-glob.ts";
import type { RepositoryName } from "../grant.ts";
import type { Policy, PolicyRules } from "./policy.ts";

/** The rules of one policy, or of one of its overrides, that hold for a repository. */
export type Ceiling = {
  /** For messages and `cuts`: the policy's path, with the override's name where it is one. */
  readonly policy: string;
  readonly rules: PolicyRules;
};

/** Everything that caps a repository's steps: each policy, and each of its overrides that match. All of them hold. */
export function ceilingsFor(policies: readonly Policy[], repository: RepositoryName): readonly Ceiling[] {
  return policies.flatMap(({ path, rules, repositories }) => [
    { policy: path, rules },
    ...repositories
      .filter((override) => matchGlob(override.repository, repository))
      .map((override) => ({ policy: `${path} (${override.repository})`, rules: override.rules })),
  ]);
}

/** The least of the policies' minutes and `wanted`. */
export function capMinutes(wanted: number, ceilings: readonly Ceiling[]): number {
  return Math.min(wanted, ...ceilings.map(({ rules }) => rules.maxTime ?? Infinity));
}

/** The trusted branches that every policy which names some names, in the order of the first; null when none names any. */
export function trustedBranches(ceilings: readonly Ceiling[]): readonly string[] | null {
  const [first, ...others] = ceilings.flatMap(({ rules }) =>
    rules.trustedBranches === null ? [] : [rules.trustedBranches],
  );
  return first?.filter((branch) => others.every((list) => list.includes(branch))) ?? null;
}

/** Whether every policy names the edge, and there is one. */
export function liftsEdge(ceilings: readonly Ceiling[], from: string, to: string): boolean {
  return (
    ceilings.length > 0 &&
    ceilings.every(({ rules }) => rules.exceptions.edges.some((edge) => edge.from === from && edge.to === to))
  );
}
