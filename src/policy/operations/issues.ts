import type { Operation } from "../operation.ts";
import { COMMENT_ID, inBody, inPath, PAGING, READ_ISSUE, REPOSITORY, rest, WRITE_ISSUE } from "./row.ts";

const ISSUE = `${REPOSITORY}/issues/{issue_id}`;
const COMMENT = `${ISSUE}/comments/{comment_id}`;
const ATTACHMENT = `${ISSUE}/attachments/{path*}`;
const ISSUE_ID = inPath("issueId", "issue_id");
const CONTENT = inBody("content", "content.raw");
const FIELDS = [inBody("title", "title"), CONTENT, inBody("kind", "kind"), inBody("priority", "priority")];
const FILE = inPath("path", "path", "string");

/** A list of the tracker's settings and one member of it: read only, as Bitbucket has it. */
function settings(noun: string, path: string, parameter: string): readonly Operation[] {
  const id = inPath("id", parameter);
  return [
    rest(`${noun}.list`, "GET", `${REPOSITORY}/${path}`, { scopes: [READ_ISSUE], arguments: PAGING }),
    rest(`${noun}.get`, "GET", `${REPOSITORY}/${path}/{${parameter}}`, { scopes: [READ_ISSUE], arguments: [id] }),
  ];
}

/** The issue tracker. No tool covers it, so only a step without an agent writes here. */
export const ISSUE_ROWS: readonly Operation[] = [
  rest("issues.list", "GET", `${REPOSITORY}/issues`, { scopes: [READ_ISSUE], arguments: PAGING }),
  rest("issues.get", "GET", ISSUE, { scopes: [READ_ISSUE], arguments: [ISSUE_ID] }),
  rest("issues.create", "POST", `${REPOSITORY}/issues`, { scopes: [WRITE_ISSUE], arguments: FIELDS }),
  rest("issues.update", "PUT", ISSUE, {
    scopes: [WRITE_ISSUE],
    arguments: [ISSUE_ID, ...FIELDS, inBody("state", "state")],
  }),
  rest("issues.changes", "GET", `${ISSUE}/changes`, { scopes: [READ_ISSUE], arguments: [ISSUE_ID, ...PAGING] }),
  rest("issues.change", "GET", `${ISSUE}/changes/{change_id}`, {
    scopes: [READ_ISSUE],
    arguments: [ISSUE_ID, inPath("changeId", "change_id")],
  }),
  rest("issues.makeChange", "POST", `${ISSUE}/changes`, {
    scopes: [WRITE_ISSUE],
    arguments: [ISSUE_ID, inBody("state", "changes.state.new"), inBody("message", "message.raw")],
  }),
  rest("issueComments.list", "GET", `${ISSUE}/comments`, { scopes: [READ_ISSUE], arguments: [ISSUE_ID, ...PAGING] }),
  rest("issueComments.get", "GET", COMMENT, { scopes: [READ_ISSUE], arguments: [ISSUE_ID, COMMENT_ID] }),
  rest("issueComments.create", "POST", `${ISSUE}/comments`, { scopes: [WRITE_ISSUE], arguments: [ISSUE_ID, CONTENT] }),
  rest("issueComments.update", "PUT", COMMENT, {
    scopes: [WRITE_ISSUE],
    ownOnly: true,
    arguments: [ISSUE_ID, COMMENT_ID, CONTENT],
  }),
  rest("issueComments.delete", "DELETE", COMMENT, {
    scopes: [WRITE_ISSUE],
    ownOnly: true,
    arguments: [ISSUE_ID, COMMENT_ID],
  }),
  rest("attachments.list", "GET", `${ISSUE}/attachments`, { scopes: [READ_ISSUE], arguments: [ISSUE_ID, ...PAGING] }),
  rest("attachments.get", "GET", ATTACHMENT, { scopes: [READ_ISSUE], arguments: [ISSUE_ID, FILE] }),
  rest("attachments.upload", "POST", `${ISSUE}/attachments`, { scopes: [WRITE_ISSUE], arguments: [ISSUE_ID] }),
  rest("attachments.delete", "DELETE", ATTACHMENT, {
    scopes: [WRITE_ISSUE],
    ownOnly: true,
    arguments: [ISSUE_ID, FILE],
  }),
  ...settings("milestones", "milestones", "milestone_id"),
  ...settings("versions", "versions", "version_id"),
  ...settings("components", "components", "component_id"),
];
