import type { Operation } from "../operation.ts";
import {
  COMMIT,
  COMMIT_NAME,
  inBody,
  inPath,
  GATED_BY_HUMANS,
  PULL_REQUEST,
  PULL_REQUEST_ID,
  READ_REPOSITORY,
  REPOSITORY,
  WRITE_PR,
  WRITE_REPOSITORY,
  rest,
} from "./row.ts";

const STATUS = ["state", "name", "description", "url", "refname"].map((member) => inBody(member, member));

/** What only people do in a repository, though the forge can: no scope or permission opens it (design, rule 9), but policy a build status. */
export const PEOPLE_ROWS: readonly Operation[] = [
  rest("pullrequests.approve", "POST", `${PULL_REQUEST}/approve`, {
    scopes: [WRITE_PR],
    arguments: [PULL_REQUEST_ID],
    humanGate: "a step never approves a pull request",
    source: GATED_BY_HUMANS,
  }),
  rest("pullrequests.unapprove", "DELETE", `${PULL_REQUEST}/approve`, {
    scopes: [WRITE_PR],
    arguments: [PULL_REQUEST_ID],
    humanGate: "a step never withdraws an approval",
    source: GATED_BY_HUMANS,
  }),
  rest("pullrequests.requestChanges", "POST", `${PULL_REQUEST}/request-changes`, {
    scopes: [WRITE_PR],
    arguments: [PULL_REQUEST_ID],
    humanGate: "a step never reviews a pull request",
    source: GATED_BY_HUMANS,
  }),
  rest("pullrequests.withdrawRequest", "DELETE", `${PULL_REQUEST}/request-changes`, {
    scopes: [WRITE_PR],
    arguments: [PULL_REQUEST_ID],
    humanGate: "a step never withdraws a request for changes",
    source: GATED_BY_HUMANS,
  }),
  rest("pullrequests.decline", "POST", `${PULL_REQUEST}/decline`, {
    scopes: [WRITE_PR],
    arguments: [PULL_REQUEST_ID],
    humanGate: "a step never declines a pull request",
    source: GATED_BY_HUMANS,
  }),
  rest("pullrequests.merge", "POST", `${PULL_REQUEST}/merge`, {
    scopes: [WRITE_PR],
    arguments: [PULL_REQUEST_ID],
    humanGate: "a step never merges a pull request",
    source: GATED_BY_HUMANS,
  }),
  rest("statuses.create", "POST", `${COMMIT}/statuses/build`, {
    scopes: [WRITE_REPOSITORY],
    arguments: [COMMIT_NAME, inBody("key", "key"), ...STATUS],
    humanGate: "a step never posts a build status",
    source: GATED_BY_HUMANS,
  }),
  rest("statuses.update", "PUT", `${COMMIT}/statuses/build/{key}`, {
    scopes: [WRITE_REPOSITORY],
    arguments: [COMMIT_NAME, inPath("key", "key", "string"), ...STATUS],
    alsoInBody: ["key"],
    humanGate: "a step never changes a build status",
    source: GATED_BY_HUMANS,
  }),
  rest("restrictions.list", "GET", `${REPOSITORY}/branch-restrictions`, {
    scopes: [READ_REPOSITORY],
    humanGate: "reading branch restrictions needs an administrator",
    source: GATED_BY_HUMANS,
  }),
  rest("restrictions.create", "POST", `${REPOSITORY}/branch-restrictions`, {
    scopes: [WRITE_REPOSITORY],
    humanGate: "a step never changes a branch restriction",
    source: GATED_BY_HUMANS,
  }),
  rest("restrictions.update", "PUT", `${REPOSITORY}/branch-restrictions/{id}`, {
    scopes: [WRITE_REPOSITORY],
    humanGate: "a step never changes a branch restriction",
    source: GATED_BY_HUMANS,
  }),
  rest("restrictions.delete", "DELETE", `${REPOSITORY}/branch-restrictions/{id}`, {
    scopes: [WRITE_REPOSITORY],
    humanGate: "a step never changes a branch restriction",
    source: GATED_BY_HUMANS,
  }),
];
