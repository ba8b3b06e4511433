import type { Operation } from "../operation.ts";
import {
  BUILT_IN_TOOLS,
  PAGING,
  PULL_REQUEST,
  PULL_REQUEST_ID,
  READ_PR,
  REPOSITORY,
  WRITE_PR,
  inBody,
  inQuery,
  rest,
} from "./row.ts";

/** Pull requests. What only a person does with one is in `people.ts`. */
export const PULL_REQUEST_ROWS: readonly Operation[] = [
  rest("pullrequests.list", "GET", `${REPOSITORY}/pullrequests`, {
    scopes: [READ_PR],
    tool: "getPullRequests",
    arguments: [inQuery("state"), ...PAGING],
  }),
  rest("pullrequests.get", "GET", PULL_REQUEST, {
    scopes: [READ_PR],
    tool: "getPullRequestDetails",
    arguments: [PULL_REQUEST_ID],
  }),
  rest("pullrequests.create", "POST", `${REPOSITORY}/pullrequests`, {
    scopes: [WRITE_PR],
    tool: "createPullRequest",
    arguments: [
      inBody("title", "title"),
      inBody("sourceBranch", "source.branch.name"),
      inBody("destinationBranch", "destination.branch.name"),
      inBody("description", "description"),
      inBody("closeSourceBranch", "close_source_branch", "boolean"),
      inBody("draft", "draft", "boolean"),
    ],
    source: BUILT_IN_TOOLS,
  }),
  rest("pullrequests.update", "PUT", PULL_REQUEST, {
    scopes: [WRITE_PR],
    tool: "updatePullRequest",
    arguments: [PULL_REQUEST_ID, inBody("title", "title"), inBody("description", "description")],
    source: "reference, T7",
  }),
  rest("pullrequests.diff", "GET", `${PULL_REQUEST}/diff`, {
    scopes: [READ_PR],
    tool: "getPullRequestDiff",
    arguments: [PULL_REQUEST_ID],
  }),
  rest("pullrequests.diffstat", "GET", `${PULL_REQUEST}/diffstat`, {
    scopes: [READ_PR],
    tool: "getPullRequestDiffstat",
    arguments: [PULL_REQUEST_ID, ...PAGING],
  }),
  rest("pullrequests.patch", "GET", `${PULL_REQUEST}/patch`, {
    scopes: [READ_PR],
    tool: "getPullRequestDiff",
    arguments: [PULL_REQUEST_ID],
  }),
  rest("pullrequests.commits", "GET", `${PULL_REQUEST}/commits`, {
    scopes: [READ_PR],
    arguments: [PULL_REQUEST_ID, ...PAGING],
  }),
  rest("pullrequests.statuses", "GET", `${PULL_REQUEST}/statuses`, {
    scopes: [READ_PR],
    tool: "getPullRequestStatuses",
    arguments: [PULL_REQUEST_ID, ...PAGING],
  }),
  // Activity holds the comments, so that the tool which reads comments governs it too (attack 42).
  rest("pullrequests.activity", "GET", `${PULL_REQUEST}/activity`, {
    scopes: [READ_PR],
    tool: "getPullRequestComments",
    arguments: [PULL_REQUEST_ID, ...PAGING],
  }),
  rest("pullrequests.allActivity", "GET", `${REPOSITORY}/pullrequests/activity`, {
    scopes: [READ_PR],
    tool: "getPullRequestComments",
    arguments: PAGING,
  }),
];
