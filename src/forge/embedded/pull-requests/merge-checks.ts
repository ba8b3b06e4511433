import { RequestFault } from "../rest/answers.ts";
import type { HandlerContext } from "../rest/handler.ts";
import { readStatuses } from "../rest/statuses.ts";
import { isNamed } from "../restrictions.ts";
import { tablesOf, type ParticipantRow, type PullRequestRow, type RestrictionRow } from "../tables.ts";
import { reviewState } from "./present.ts";
import { isSourceOfStep, readParticipants, type Tips } from "./rows.ts";

type Facts = {
  readonly context: HandlerContext;
  readonly row: PullRequestRow;
  readonly tips: Tips;
  readonly reviews: readonly ParticipantRow["state"][];
};

/** What each kind of restriction asks of a merge: the reason against it, or null. Other kinds ask nothing here. */
const CHECKS: Readonly<Record<string, (restriction: RestrictionRow, facts: Facts) => Promise<string | null>>> = {
  restrict_merges: async (restriction, { context, row }) =>
    isNamed(restriction, context.actor) ? null : `you may not merge into ${row.destination}`,
  require_approvals_to_merge: async ({ limit_value: needed }, { reviews }) => {
    const approvals = reviews.filter((state) => state === "approved").length;
    const least = needed ?? 1;
    return approvals >= least ? null : `it needs ${least} approvals of this commit and has ${approvals}`;
  },
  require_no_changes_requested: async (_restriction, { reviews }) =>
    reviews.includes("changes_requested") ? "a reviewer asks for changes" : null,
  require_tasks_to_be_completed: async (_restriction, { context, row }) => {
    const open = await countOpenTasks(context, row.id);
    return open === 0 ? null : `${open} of its tasks are not resolved`;
  },
  require_passing_builds_to_merge: async ({ limit_value: needed }, { context, tips }) => {
    const statuses = await readStatuses(context, tips.source);
    const passing = statuses.filter(({ state }) => state === "SUCCESSFUL").length;
    const least = needed ?? 1;
    if (passing < least) return `it needs ${least} passing builds and has ${passing}`;
    return statuses.some(({ state }) => state !== "SUCCESSFUL") ? "a build has not passed" : null;
  },
};

/** Throws 409 with every reason against the merge: the destination's restrictions, and an approval of something else. */
export async function checkMerge(context: HandlerContext, row: PullRequestRow, tips: Tips): Promise<void> {
  const restrictions = await context.restrictions.matching(context.repository.name, row.destination);
  // An author's word on their own work is none.
  const reviewers = (await readParticipants(context, row.id)).filter(({ account }) => account !== row.author);
  const facts: Facts = {
    context,
    row,
    tips,
    reviews: reviewers.map((participant) => reviewState(participant, tips.source)),
  };
  const reasons: string[] = [];
  if (row.draft === 1) reasons.push("it is a draft");
  // Whoever approved, and merges now, has not seen what a step pushed in between (attack 44).
  if (isApprovalStale(reviewers, tips) && (await isSourceOfStep(context, row, tips)))
    reasons.push("a reviewer approved another commit than a step pushed since; look at that one and approve it");
  for (const restriction of restrictions) {
    const reason = Object.hasOwn(CHECKS, restriction.kind)
      ? await CHECKS[restriction.kind]?.(restriction, facts)
      : null;
    if (typeof reason === "string") reasons.push(reason);
  }
  if (reasons.length > 0) throw new RequestFault(409, `Pull request ${row.id} cannot be merged: ${reasons.join("; ")}`);
}

function isApprovalStale(reviewers: readonly ParticipantRow[], { source }: Tips): boolean {
  const approvals = reviewers.filter(({ state }) => state === "approved");
  return approvals.length > 0 && approvals.every(({ reviewed_commit: commit }) => commit !== source);
}

async function countOpenTasks({ database, repository }: HandlerContext, id: number): Promise<number> {
  const { count } = await tablesOf(database)
    .selectFrom("forge_tasks")
    .select((columns) => columns.fn.countAll<number>().as("count"))
    .where("repository", "=", repository.name)
    .where("pull_request", "=", id)
    .where("state", "=", "UNRESOLVED")
    .executeTakeFirstOrThrow();
  return count;
}
