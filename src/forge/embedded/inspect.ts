import type { ForgeCall } from "../../policy/index.ts";
import type { Database } from "../../db/index.ts";
import { findComment, findRoot } from "./pull-requests/comments.ts";
import { findTask } from "./pull-requests/tasks.ts";
import type { RepositoryRow } from "./tables.ts";

/**
 * Whether the comment or task of a call was created by a step of this repository, by the record of ids (attacks 20, 21,
 * 44). For resolving, the comment that the thread began with decides. What is not there was created by nobody.
 */
export async function wasCreatedByAgent(
  database: Database,
  repository: RepositoryRow,
  call: ForgeCall,
): Promise<boolean> {
  const context = { database, repository };
  const pullRequest = Number(call.path["pull_request_id"]);
  const { comment_id: comment, task_id: task } = call.path;
  if (task !== undefined) return isFromStep(await findTask(context, pullRequest, Number(task)));
  if (comment === undefined) return false;
  const row = await findComment(context, pullRequest, Number(comment));
  if (row === undefined) return false;
  const threadWide = call.operation.id === "comments.resolve" || call.operation.id === "comments.reopen";
  return isFromStep(threadWide ? await findRoot(context, row) : row);
}

function isFromStep(row: { readonly created_by_step: string | null } | undefined): boolean {
  return row !== undefined && row.created_by_step !== null;
}
