import type { Shape } from "./trim-answer.ts";

/** Fields of Bitbucket's resources that a model needs (`bitbucket-openapi.yml`: pullrequest, pullrequest_comment, …). */
export const PULL_REQUEST: Shape = {
  id: "id",
  title: "title",
  state: "state",
  draft: "draft",
  author: "author.display_name",
  sourceBranch: "source.branch.name",
  sourceCommit: "source.commit.hash",
  destinationBranch: "destination.branch.name",
  destinationCommit: "destination.commit.hash",
  description: "description",
  createdOn: "created_on",
  updatedOn: "updated_on",
  commentCount: "comment_count",
  taskCount: "task_count",
  closeSourceBranch: "close_source_branch",
  mergeCommit: "merge_commit.hash",
  reviewers: ["reviewers", { name: "display_name" }],
  participants: ["participants", { name: "user.display_name", role: "role", approved: "approved", state: "state" }],
  link: "links.html.href",
};

export const PULL_REQUEST_IN_LIST: Shape = {
  id: "id",
  title: "title",
  state: "state",
  draft: "draft",
  author: "author.display_name",
  sourceBranch: "source.branch.name",
  destinationBranch: "destination.branch.name",
  updatedOn: "updated_on",
  commentCount: "comment_count",
  taskCount: "task_count",
};

export const COMMENT: Shape = {
  id: "id",
  author: "user.display_name",
  content: "content.raw",
  createdOn: "created_on",
  updatedOn: "updated_on",
  parentId: "parent.id",
  path: "inline.path",
  fromLine: "inline.from",
  line: "inline.to",
  deleted: "deleted",
  resolvedBy: "resolution.user.display_name",
  resolvedOn: "resolution.created_on",
};

/** What resolving a thread answers with. */
export const RESOLUTION: Shape = { resolvedBy: "user.display_name", resolvedOn: "created_on" };

export const TASK: Shape = {
  id: "id",
  state: "state",
  content: "content.raw",
  creator: "creator.display_name",
  commentId: "comment.id",
  createdOn: "created_on",
  resolvedOn: "resolved_on",
};

export const DIFFSTAT: Shape = {
  status: "status",
  oldPath: "old.path",
  newPath: "new.path",
  linesAdded: "lines_added",
  linesRemoved: "lines_removed",
};

export const STATUS: Shape = {
  key: "key",
  name: "name",
  state: "state",
  description: "description",
  url: "url",
  updatedOn: "updated_on",
};

export const FAILED_STATUSES: Shape = {
  total: "total",
  failedCount: "failedCount",
  failed: ["failed", STATUS],
};

export const COMMIT: Shape = {
  hash: "hash",
  message: "message",
  author: "author.raw",
  date: "date",
  parents: ["parents", { hash: "hash" }],
};
