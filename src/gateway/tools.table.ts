import type { ToolRow } from "./tool.ts";
import {
  COMMENT,
  COMMIT,
  DIFFSTAT,
  FAILED_STATUSES,
  PULL_REQUEST,
  PULL_REQUEST_IN_LIST,
  RESOLUTION,
  STATUS,
  TASK,
} from "./shapes.table.ts";

const PULL_REQUEST_STATES = ["OPEN", "MERGED", "DECLINED", "SUPERSEDED"];

/**
 * The tools of the built-in server: the documented ones (reference, section 3), then those that users of the original
 * miss. Merge, approve, decline and deletion are no tools (attack 31). Descriptions are pinned text, never from a forge.
 */
export const TOOL_ROWS: readonly ToolRow[] = [
  {
    operation: "pullrequests.list",
    title: "List pull requests",
    description: "Lists pull requests of this repository, the newest first.",
    required: [],
    arguments: { state: { description: "Only those in this state.", values: PULL_REQUEST_STATES } },
    shape: PULL_REQUEST_IN_LIST,
  },
  {
    operation: "pullrequests.get",
    title: "Read a pull request",
    description: "Reads one pull request: title, description, branches, reviewers, state.",
    required: ["pullRequestId"],
    shape: PULL_REQUEST,
  },
  {
    operation: "comments.list",
    narrowed: "comments.get",
    title: "Read comments",
    description: "Reads the comments of a pull request, inline ones included; one comment when commentId is given.",
    required: ["pullRequestId"],
    shape: COMMENT,
  },
  {
    operation: "tasks.list",
    narrowed: "tasks.get",
    title: "Read tasks",
    description: "Reads the tasks of a pull request; one task when taskId is given.",
    required: ["pullRequestId"],
    shape: TASK,
  },
  {
    operation: "pullrequests.create",
    title: "Open a pull request",
    description: "Opens a pull request from a branch that is already pushed. A person reviews and merges it.",
    required: ["title", "sourceBranch"],
    shape: PULL_REQUEST,
  },
  {
    operation: "comments.create",
    title: "Comment on a pull request",
    description: "Adds a comment to a pull request, to a line of a file (path with line or fromLine), or to a thread.",
    required: ["pullRequestId", "content"],
    shape: COMMENT,
  },
  {
    operation: "comments.update",
    title: "Edit a comment",
    description: "Replaces the text of a comment that an agent of this repository wrote. No other can be edited.",
    required: ["pullRequestId", "commentId", "content"],
    replaces: true,
    shape: COMMENT,
  },
  {
    operation: "tasks.create",
    title: "Add a task",
    description: "Adds a task to a pull request, or to one of its comments.",
    required: ["pullRequestId", "content"],
    shape: TASK,
  },
  {
    operation: "tasks.update",
    title: "Edit a task",
    description:
      "Changes the text or the state of a task that an agent of this repository created. No other can be changed.",
    required: ["pullRequestId", "taskId"],
    arguments: { state: { description: "The task's new state.", values: ["RESOLVED", "UNRESOLVED"] } },
    replaces: true,
    shape: TASK,
  },
  {
    operation: "pullrequests.analyzeStatuses",
    title: "Find failed builds of a pull request",
    description: "Tells which build statuses of a pull request's newest commit failed, with their descriptions.",
    required: ["pullRequestId"],
    shape: FAILED_STATUSES,
  },
  {
    operation: "pipelines.analyzeStep",
    title: "Find why a pipeline step failed",
    description: "Reads a step's log and returns the lines that speak of a failure, and its end.",
    required: ["pipelineUuid", "stepUuid"],
  },
  {
    operation: "pullrequests.update",
    title: "Edit a pull request",
    description: "Changes the title or the description of a pull request. Reviewers and branches stay as they are.",
    required: ["pullRequestId"],
    replaces: true,
    shape: PULL_REQUEST,
  },
  {
    operation: "pullrequests.diff",
    title: "Read the diff",
    description: "Reads the unified diff of a pull request.",
    required: ["pullRequestId"],
  },
  {
    operation: "pullrequests.diffstat",
    title: "List changed files",
    description: "Lists the files that a pull request changes, with the numbers of added and removed lines.",
    required: ["pullRequestId"],
    shape: DIFFSTAT,
  },
  {
    operation: "pullrequests.statuses",
    title: "Read build statuses",
    description: "Lists the build statuses of a pull request's newest commit.",
    required: ["pullRequestId"],
    shape: STATUS,
  },
  {
    operation: "pipelines.stepLog",
    title: "Read a step's log",
    description: "Reads the log of a pipeline step.",
    required: ["pipelineUuid", "stepUuid"],
  },
  {
    operation: "comments.resolve",
    title: "Resolve a thread",
    description: "Resolves a comment thread that an agent of this repository started. No other can be resolved.",
    required: ["pullRequestId", "commentId"],
    shape: RESOLUTION,
  },
  {
    operation: "src.get",
    title: "Read a file",
    description: "Reads a file of this repository at a commit, branch or tag.",
    required: ["commit", "path"],
  },
  {
    operation: "commits.list",
    narrowed: "commits.listAt",
    title: "List commits",
    description: "Lists commits, the newest first: of the default branch, or from revision back.",
    required: [],
    shape: COMMIT,
  },
];
