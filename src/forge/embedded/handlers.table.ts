import { approve, requestChanges, withdrawApproval, withdrawRequest } from "./pull-requests/reviews.ts";
import {
  createComment,
  deleteComment,
  getComment,
  listComments,
  reopenComment,
  resolveComment,
  updateComment,
} from "./pull-requests/comments.ts";
import {
  getDiff,
  getDiffstat,
  listActivity,
  listPullRequestCommits,
  listPullRequestStatuses,
} from "./pull-requests/changes.ts";
import { mergePullRequest } from "./pull-requests/merge.ts";
import {
  createPullRequest,
  declinePullRequest,
  getPullRequest,
  listPullRequests,
  updatePullRequest,
} from "./pull-requests/pull-requests.ts";
import { createTask, deleteTask, getTask, listTasks, updateTask } from "./pull-requests/tasks.ts";
import {
  createRestriction,
  deleteRestriction,
  listRestrictions,
  updateRestriction,
} from "./rest/branch-restrictions.ts";
import { getCommit, listCommits, listCommitsAt } from "./rest/commits.ts";
import type { Handler } from "./rest/handler.ts";
import { getStepLog, listPipelines } from "./rest/pipelines.ts";
import { getBranch, getRepository, getSource, listBranches } from "./rest/repository.ts";
import { createStatus, listStatuses, updateStatus } from "./rest/statuses.ts";

/** What the embedded forge does, by the rows of the operations table; for a row without a handler it answers 404. */
export const HANDLERS: ReadonlyMap<string, Handler> = new Map([
  ["repository.get", getRepository],
  ["branches.list", listBranches],
  ["branches.get", getBranch],
  ["commits.list", listCommits],
  ["commits.listAt", listCommitsAt],
  ["commits.get", getCommit],
  ["commits.statuses", listStatuses],
  ["src.get", getSource],
  ["pullrequests.list", listPullRequests],
  ["pullrequests.get", getPullRequest],
  ["pullrequests.create", createPullRequest],
  ["pullrequests.update", updatePullRequest],
  ["pullrequests.diff", getDiff],
  ["pullrequests.diffstat", getDiffstat],
  ["pullrequests.commits", listPullRequestCommits],
  ["pullrequests.statuses", listPullRequestStatuses],
  ["pullrequests.activity", listActivity],
  ["comments.list", listComments],
  ["comments.get", getComment],
  ["comments.create", createComment],
  ["comments.update", updateComment],
  ["comments.delete", deleteComment],
  ["comments.resolve", resolveComment],
  ["comments.reopen", reopenComment],
  ["tasks.list", listTasks],
  ["tasks.get", getTask],
  ["tasks.create", createTask],
  ["tasks.update", updateTask],
  ["tasks.delete", deleteTask],
  ["pullrequests.approve", approve],
  ["pullrequests.unapprove", withdrawApproval],
  ["pullrequests.requestChanges", requestChanges],
  ["pullrequests.withdrawRequest", withdrawRequest],
  ["pullrequests.decline", declinePullRequest],
  ["pullrequests.merge", mergePullRequest],
  ["statuses.create", createStatus],
  ["statuses.update", updateStatus],
  ["restrictions.list", listRestrictions],
  ["restrictions.create", createRestriction],
  ["restrictions.update", updateRestriction],
  ["restrictions.delete", deleteRestriction],
  ["pipelines.list", listPipelines],
  ["pipelines.stepLog", getStepLog],
]);
