import type { Operation } from "../operation.ts";
import {
  COMMENT_ID,
  COMMIT,
  COMMIT_NAME,
  inBody,
  inPath,
  PAGING,
  READ_REPOSITORY,
  REPOSITORY,
  rest,
  WRITE_REPOSITORY,
} from "./row.ts";

const REVISION = inPath("revision", "revision", "string");
const PATH = inPath("path", "path", "string");
/** One segment only: Bitbucket reads `workspace/slug:spec` as a spec of another repository (attack 7). */
const SPEC = inPath("spec", "spec", "string");
const READ_BY_POST = "Bitbucket REST 2.0; a read, by POST only because its lists may be too long for a query";

/** Commits, the files at a commit, and what lies between two of them. */
export const SOURCE_ROWS: readonly Operation[] = [
  rest("commits.list", "GET", `${REPOSITORY}/commits`, {
    scopes: [READ_REPOSITORY],
    tool: "getCommits",
    arguments: PAGING,
  }),
  rest("commits.listAt", "GET", `${REPOSITORY}/commits/{revision*}`, {
    scopes: [READ_REPOSITORY],
    tool: "getCommits",
    arguments: [REVISION, ...PAGING],
  }),
  rest("commits.search", "POST", `${REPOSITORY}/commits`, {
    scopes: [READ_REPOSITORY],
    writes: false,
    tool: "getCommits",
    arguments: PAGING,
    alsoInBody: ["include", "exclude"],
    source: READ_BY_POST,
  }),
  rest("commits.searchAt", "POST", `${REPOSITORY}/commits/{revision*}`, {
    scopes: [READ_REPOSITORY],
    writes: false,
    tool: "getCommits",
    arguments: [REVISION, ...PAGING],
    alsoInBody: ["include", "exclude"],
    source: READ_BY_POST,
  }),
  rest("commits.get", "GET", COMMIT, { scopes: [READ_REPOSITORY], arguments: [COMMIT_NAME] }),
  rest("commits.statuses", "GET", `${COMMIT}/statuses`, {
    scopes: [READ_REPOSITORY],
    arguments: [COMMIT_NAME, ...PAGING],
  }),
  rest("statuses.get", "GET", `${COMMIT}/statuses/build/{key}`, {
    scopes: [READ_REPOSITORY],
    arguments: [COMMIT_NAME, inPath("key", "key", "string")],
  }),
  rest("commitComments.list", "GET", `${COMMIT}/comments`, {
    scopes: [READ_REPOSITORY],
    arguments: [COMMIT_NAME, ...PAGING],
  }),
  rest("commitComments.get", "GET", `${COMMIT}/comments/{comment_id}`, {
    scopes: [READ_REPOSITORY],
    arguments: [COMMIT_NAME, COMMENT_ID],
  }),
  rest("commitComments.create", "POST", `${COMMIT}/comments`, {
    scopes: [WRITE_REPOSITORY],
    arguments: [
      COMMIT_NAME,
      inBody("content", "content.raw"),
      inBody("path", "inline.path"),
      inBody("line", "inline.to", "integer"),
      inBody("fromLine", "inline.from", "integer"),
      inBody("parentId", "parent.id", "integer"),
    ],
  }),
  rest("src.list", "GET", `${REPOSITORY}/src`, {
    scopes: [READ_REPOSITORY],
    tool: "getFileContent",
    arguments: PAGING,
  }),
  rest("src.get", "GET", `${REPOSITORY}/src/{commit}/{path*}`, {
    scopes: [READ_REPOSITORY],
    tool: "getFileContent",
    arguments: [COMMIT_NAME, PATH],
  }),
  rest("src.history", "GET", `${REPOSITORY}/filehistory/{commit}/{path*}`, {
    scopes: [READ_REPOSITORY],
    tool: "getCommits",
    arguments: [COMMIT_NAME, PATH, ...PAGING],
  }),
  rest("commits.diff", "GET", `${REPOSITORY}/diff/{spec}`, { scopes: [READ_REPOSITORY], arguments: [SPEC] }),
  rest("commits.diffstat", "GET", `${REPOSITORY}/diffstat/{spec}`, {
    scopes: [READ_REPOSITORY],
    arguments: [SPEC, ...PAGING],
  }),
  rest("commits.patch", "GET", `${REPOSITORY}/patch/{spec}`, { scopes: [READ_REPOSITORY], arguments: [SPEC] }),
];
