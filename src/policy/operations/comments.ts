import type { Operation } from "../operation.ts";
import {
  BUILT_IN_TOOLS,
  NEWER,
  PAGING,
  COMMENT_ID,
  PULL_REQUEST,
  PULL_REQUEST_ID,
  READ_PR,
  WRITE_PR,
  inBody,
  rest,
} from "./row.ts";

const COMMENT = `${PULL_REQUEST}/comments/{comment_id}`;

/** Comments on a pull request and their threads. A step changes those of agents only (attacks 20 and 44). */
export const COMMENT_ROWS: readonly Operation[] = [
  rest("comments.list", "GET", `${PULL_REQUEST}/comments`, {
    scopes: [READ_PR],
    tool: "getPullRequestComments",
    arguments: [PULL_REQUEST_ID, ...PAGING],
  }),
  rest("comments.get", "GET", COMMENT, {
    scopes: [READ_PR],
    tool: "getPullRequestComments",
    arguments: [PULL_REQUEST_ID, COMMENT_ID],
  }),
  rest("comments.create", "POST", `${PULL_REQUEST}/comments`, {
    scopes: [WRITE_PR],
    tool: "addPullRequestComment",
    arguments: [
      PULL_REQUEST_ID,
      inBody("content", "content.raw"),
      inBody("path", "inline.path"),
      inBody("line", "inline.to", "integer"),
      inBody("fromLine", "inline.from", "integer"),
      inBody("parentId", "parent.id", "integer"),
    ],
    source: BUILT_IN_TOOLS,
  }),
  rest("comments.update", "PUT", COMMENT, {
    scopes: [WRITE_PR],
    tool: "updatePullRequestComment",
    ownOnly: true,
    arguments: [PULL_REQUEST_ID, COMMENT_ID, inBody("content", "content.raw")],
    source: "reference, section 3; attack 20",
  }),
  rest("comments.delete", "DELETE", COMMENT, {
    scopes: [WRITE_PR],
    ownOnly: true,
    arguments: [PULL_REQUEST_ID, COMMENT_ID],
  }),
  rest("comments.resolve", "POST", `${COMMENT}/resolve`, {
    scopes: [WRITE_PR],
    tool: "resolvePullRequestComment",
    ownOnly: true,
    arguments: [PULL_REQUEST_ID, COMMENT_ID],
    source: "reference, section 3; attack 44",
  }),
  rest("comments.reopen", "DELETE", `${COMMENT}/resolve`, {
    scopes: [WRITE_PR],
    ownOnly: true,
    arguments: [PULL_REQUEST_ID, COMMENT_ID],
    source: NEWER,
  }),
];
