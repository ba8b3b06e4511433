import { accountOf } from "../accounts.ts";
import { badField, json, RequestFault } from "../rest/answers.ts";
import { LONGEST_CONTENT, readBoolean, readChoice, readText } from "../rest/body.ts";
import type { Handler, HandlerContext } from "../rest/handler.ts";
import type { PullRequestRow } from "../tables.ts";
import { checkMerge } from "./merge-checks.ts";
import { presentPullRequest } from "./present.ts";
import { updateEntry } from "./pull-requests.ts";
import { isSourceOfStep, readTips, requirePullRequest, updateOpen, type Tips } from "./rows.ts";

const STRATEGIES = ["merge_commit", "squash", "fast_forward"] as const;
type Strategy = (typeof STRATEGIES)[number];

/**
 * Merges in the bare repository, without a work tree. The destination moves only if it still stands where the merge was
 * computed; a crash between that and the record leaves an open pull request whose next merge finds the work done.
 */
export const mergePullRequest: Handler = async (context) => {
  const row = await requirePullRequest(context);
  if (row.state !== "OPEN") throw new RequestFault(409, `Pull request ${row.id} is ${row.state.toLowerCase()} already`);
  const strategy = readChoice(context.call.body, "merge_strategy", STRATEGIES) ?? "merge_commit";
  const tips = await readTips(context, row);
  await checkMerge(context, row, tips);

  const merged = await mergeCommit(context, row, tips, strategy);
  const ref = `refs/heads/${row.destination}`;
  if (merged !== tips.destination && !(await context.objects.moveRef(ref, merged, tips.destination))) {
    throw new RequestFault(409, `${row.destination} moved during the merge; try again`);
  }
  const closed = await recordMerge(context, row, tips, merged);
  await closeSourceBranch(context, row, tips);
  return json(await presentPullRequest(context, closed));
};

async function mergeCommit(
  context: HandlerContext,
  row: PullRequestRow,
  { source, destination }: Tips,
  strategy: Strategy,
): Promise<string> {
  const { objects } = context;
  if (await objects.isAncestor(source, destination)) return destination;
  if (strategy === "fast_forward") {
    if (await objects.isAncestor(destination, source)) return source;
    throw badField("merge_strategy", `${row.destination} has commits of its own, so a fast-forward is not possible`);
  }
  const merge = await objects.mergeTree(destination, source);
  if (!merge.ok) throw new RequestFault(409, `The branches conflict in ${merge.conflicts.slice(0, 20).join(", ")}`);
  const parents = strategy === "squash" ? [destination] : [destination, source];
  return objects.commitTree(merge.tree, parents, readMessage(context, row), {
    name: accountOf(context.actor).display_name,
    email: "merge@sallyport.invalid",
    date: `${Math.floor(context.clock.now() / 1000)} +0000`,
  });
}

function readMessage({ call }: HandlerContext, row: PullRequestRow): string {
  const given = readText(call.body, "message", LONGEST_CONTENT);
  if (given !== undefined && given.trim() !== "") return given;
  return `Merged in ${row.source} (pull request #${row.id})\n\n${row.title}\n`;
}

async function recordMerge(
  context: HandlerContext,
  row: PullRequestRow,
  tips: Tips,
  merged: string,
): Promise<PullRequestRow> {
  const values = {
    state: "MERGED",
    source_commit: tips.source,
    destination_commit: tips.destination,
    merge_commit: merged,
    closed_by: JSON.stringify(accountOf(context.actor)),
  } as const;
  const closed = await updateOpen(context, row.id, values, updateEntry(context, { state: "MERGED", title: row.title }));
  if (closed === null) throw new RequestFault(409, `Pull request ${row.id} was closed during the merge`);
  return closed;
}

/** Only if nobody pushed to it since. A step may have asked for it, and a step never deletes what a person wrote (attack 30). */
async function closeSourceBranch(context: HandlerContext, row: PullRequestRow, tips: Tips): Promise<void> {
  const asked = row.close_source_branch === 1;
  const wanted =
    readBoolean(context.call.body, "close_source_branch") ??
    (asked && (row.created_by_step === null || (await isSourceOfStep(context, row, tips))));
  if (wanted && row.source !== (await context.objects.defaultBranch())) {
    await context.objects.moveRef(`refs/heads/${row.source}`, null, tips.source);
  }
}
