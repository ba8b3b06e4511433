import type { Step } from "../pipeline/index.ts";
import { IMPLICIT_SCOPE, liftsEdge, type Ceiling, type Scope } from "../policy/index.ts";
import type { Review } from "./review.ts";

/** What follows from using an agent's artifacts (design, rule 10). */
export type Taint = {
  /** The steps whose artifacts come in, by number. */
  readonly from: readonly number[];
  /** Scopes beyond these are taken away; null when policy names every edge. */
  readonly scopes: readonly Scope[] | null;
};

export type TaintInput = { readonly steps: readonly Step[]; readonly ceilings: readonly Ceiling[] } & Review;

/**
 * Which steps of a plan are tainted: those that take in artifacts of a step with an agent, and those that take in theirs.
 * Known before the run, since artifacts go by what is written.
 */
export function findTaints({ steps, ceilings, unreviewed, trustedNames }: TaintInput): ReadonlyMap<number, Taint> {
  const taints = new Map<number, Taint>();
  for (const [index, step] of steps.entries()) {
    const producers = steps
      .slice(0, index)
      .filter((other) => isTainting(other, taints) && isBrought(step, other, taints));
    if (producers.length === 0) continue;
    const capping = producers.filter((producer) => !isLifted(producer, step));
    const scopes = capping.map(scopesOf);
    const [first = [], ...others] = scopes;
    taints.set(step.number, {
      from: producers.map(({ number }) => number),
      scopes: capping.length === 0 ? null : first.filter((scope) => others.every((list) => list.includes(scope))),
    });
  }
  return taints;

  /** What a producer may hold itself. Its policy cuts the consumer too. */
  function scopesOf(step: Step): readonly Scope[] {
    if (unreviewed.has(step.number)) return [IMPLICIT_SCOPE];
    const cap = taints.get(step.number)?.scopes ?? null;
    const own = [IMPLICIT_SCOPE, ...step.scopes];
    return cap === null ? own : own.filter((scope) => cap.includes(scope));
  }

  function isLifted(producer: Step, consumer: Step): boolean {
    return namesOf(producer).some((from) => namesOf(consumer).some((to) => liftsEdge(ceilings, from, to)));
  }

  /** A step that nobody reviewed has no name that policy could mean: it chose its own. */
  function namesOf(step: Step): readonly string[] {
    if (unreviewed.has(step.number)) return [];
    return trustedNames.get(step.number) ?? (step.name === null ? [] : [step.name]);
  }
}

/** Whether a step takes in what an earlier one kept: all that no agent had a part in, or what it names. */
export function isBrought(step: Step, producer: Step, taints: ReadonlyMap<number, Taint>): boolean {
  if (step.downloads === false || producer.artifacts.length === 0) return false;
  if (step.downloads === true) return !isTainting(producer, taints);
  const { downloads } = step;
  return artifactNames(producer).some((name) => downloads.includes(name));
}

/** What a step's artifacts are called: as `upload` says, else as the step. */
export function artifactNames({ artifactNames: names, name }: Step): readonly string[] {
  return names ?? (name === null ? [] : [name]);
}

/** Whether an agent had a part in what a step keeps. */
export function isTainting(step: Step, taints: ReadonlyMap<number, Taint>): boolean {
  return hasAgent(step) || taints.has(step.number);
}

export function hasAgent(step: Step): boolean {
  return step.script.some(({ kind }) => kind === "agent");
}
