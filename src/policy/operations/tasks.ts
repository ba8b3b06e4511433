import type { Operation } from "../operation.ts";
import {
  BUILT_IN_TOOLS,
  NEWER,
  PAGING,
  PULL_REQUEST,
  PULL_REQUEST_ID,
  READ_PR,
  WRITE_PR,
  inBody,
  inPath,
  rest,
} from "./row.ts";

const TASK = `${PULL_REQUEST}/tasks/{task_id}`;
const TASK_ID = inPath("taskId", "task_id");

/** Tasks of a pull request. A step changes those of agents only (attack 44). */
export const TASK_ROWS: readonly Operation[] = [
  rest("tasks.list", "GET", `${PULL_REQUEST}/tasks`, {
    scopes: [READ_PR],
    tool: "getPullRequestTasks",
    arguments: [PULL_REQUEST_ID, ...PAGING],
    source: NEWER,
  }),
  rest("tasks.get", "GET", TASK, {
    scopes: [READ_PR],
    tool: "getPullRequestTasks",
    arguments: [PULL_REQUEST_ID, TASK_ID],
    source: NEWER,
  }),
  rest("tasks.create", "POST", `${PULL_REQUEST}/tasks`, {
    scopes: [WRITE_PR],
    tool: "createPullRequestTask",
    arguments: [PULL_REQUEST_ID, inBody("content", "content.raw"), inBody("commentId", "comment.id", "integer")],
    source: BUILT_IN_TOOLS,
  }),
  rest("tasks.update", "PUT", TASK, {
    scopes: [WRITE_PR],
    tool: "updatePullRequestTask",
    ownOnly: true,
    arguments: [PULL_REQUEST_ID, TASK_ID, inBody("content", "content.raw"), inBody("state", "state")],
    source: "reference, section 3; attack 44",
  }),
  rest("tasks.delete", "DELETE", TASK, {
    scopes: [WRITE_PR],
    ownOnly: true,
    arguments: [PULL_REQUEST_ID, TASK_ID],
    source: NEWER,
  }),
];
