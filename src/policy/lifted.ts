import type { Grant } from "./grant.ts";
import { matchGlob } from "./match-glob.ts";
import type { Operation } from "./operation.ts";

/** Rule 5: whether policy lets a step with an agent do an operation that no tool covers. */
export function liftsOperation({ lifted }: Grant, { id }: Operation): boolean {
  return lifted?.operations.includes(id) === true;
}

const BUILD_STATUS: readonly string[] = ["statuses.create", "statuses.update"];

/** Rule 9: whether policy opens the human gate in front of an operation, which it can for build statuses only. */
export function liftsHumanGate({ lifted }: Grant, { id }: Operation): boolean {
  return lifted?.buildStatus === true && BUILD_STATUS.includes(id);
}

/** Rule 9: whether policy lets this step push to a branch that is protected. */
export function liftsBranch({ lifted }: Grant, branch: string): boolean {
  return matchesAll(lifted?.branches ?? [], branch);
}

/** Rule 3: whether policy lets this step's push change an authority file. */
export function liftsAuthorityFile({ lifted }: Grant, path: string): boolean {
  return matchesAll(lifted?.authorityFiles ?? [], path.toLowerCase());
}

/** Whether policy keeps a step with an agent, or one that uses its artifacts, from writing a branch. */
export function isOutsideAgentBranches({ agentStep, tainted, agentBranches }: Grant, branch: string): boolean {
  if (!agentStep && tainted !== true) return false;
  return agentBranches !== undefined && !matchesAll(agentBranches, branch);
}

/** One glob of each list; no list at all matches nothing. */
function matchesAll(lists: readonly (readonly string[])[], name: string): boolean {
  return lists.length > 0 && lists.every((globs) => globs.some((glob) => matchGlob(glob, name)));
}
