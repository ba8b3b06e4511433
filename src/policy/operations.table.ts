import type { ArgumentBinding, Operation, RestMethod } from "./operation.ts";
import type { Scope } from "./scope.ts";

const READ_REPOSITORY: Scope = "read:repository:bitbucket";
const WRITE_REPOSITORY: Scope = "write:repository:bitbucket";
const READ_PR: Scope = "read:pullrequest:bitbucket";
const WRITE_PR: Scope = "write:pullrequest:bitbucket";
const READ_PIPELINE: Scope = "read:pipeline:bitbucket";

const REPOSITORY = "/repositories/{workspace}/{repo_slug}";
const PULL_REQUEST = `${REPOSITORY}/pullrequests/{pull_request_id}`;
const COMMENT = `${PULL_REQUEST}/comments/{comment_id}`;
const TASK = `${PULL_REQUEST}/tasks/{task_id}`;
const STEP = `${REPOSITORY}/pipelines/{pipeline_uuid}/steps/{step_uuid}`;

const inPath = (name: string, at: string, type: ArgumentBinding["type"] = "integer"): ArgumentBinding => ({
  name,
  type,
  in: "path",
  at,
});
const inQuery = (name: string, type: ArgumentBinding["type"] = "string", at = name): ArgumentBinding => ({
  name,
  type,
  in: "query",
  at,
});
const inBody = (name: string, at: string, type: ArgumentBinding["type"] = "string"): ArgumentBinding => ({
  name,
  type,
  in: "body",
  at,
});

const PULL_REQUEST_ID = inPath("pullRequestId", "pull_request_id");
const COMMENT_ID = inPath("commentId", "comment_id");
const TASK_ID = inPath("taskId", "task_id");
const PAGING = [inQuery("page", "integer"), inQuery("pagelen", "integer")];

type Row = Partial<Omit<Operation, "id" | "scopes" | "rest">> & { readonly scopes: readonly Scope[] };

function rest(id: string, method: RestMethod, path: string, row: Row): Operation {
  return {
    tool: null,
    // A read without a tool shows what the scope already shows; a write without a tool has nobody who allowed it.
    openToAgents: method === "GET",
    // The method decides the verb: design, rule 1. `POST /commits` and the like are rows of their own, with a reason.
    writes: method !== "GET",
    humanGate: null,
    ownOnly: false,
    arguments: [],
    alsoInBody: [],
    source: "Bitbucket REST 2.0",
    ...row,
    id,
    rest: { method, path },
  };
}

function plain(id: string, row: Row): Operation {
  return {
    tool: null,
    openToAgents: true,
    writes: false,
    humanGate: null,
    ownOnly: false,
    arguments: [],
    alsoInBody: [],
    source: "design.md, section 4",
    ...row,
    id,
    rest: null,
  };
}

const GATED_BY_HUMANS = "design.md, rule 9";

/** Every operation that the broker can perform for a step. What is not here is denied. */
export const OPERATION_ROWS = [
  rest("repository.get", "GET", REPOSITORY, { scopes: [READ_REPOSITORY] }),
  rest("branches.list", "GET", `${REPOSITORY}/refs/branches`, { scopes: [READ_REPOSITORY], arguments: PAGING }),
  rest("branches.get", "GET", `${REPOSITORY}/refs/branches/{name*}`, { scopes: [READ_REPOSITORY] }),
  rest("commits.list", "GET", `${REPOSITORY}/commits`, {
    scopes: [READ_REPOSITORY],
    tool: "getCommits",
    arguments: PAGING,
  }),
  rest("commits.listAt", "GET", `${REPOSITORY}/commits/{revision*}`, {
    scopes: [READ_REPOSITORY],
    tool: "getCommits",
    arguments: [inPath("revision", "revision", "string"), ...PAGING],
  }),
  rest("commits.get", "GET", `${REPOSITORY}/commit/{commit}`, {
    scopes: [READ_REPOSITORY],
    arguments: [inPath("commit", "commit", "string")],
  }),
  rest("commits.statuses", "GET", `${REPOSITORY}/commit/{commit}/statuses`, {
    scopes: [READ_REPOSITORY],
    arguments: [inPath("commit", "commit", "string"), ...PAGING],
  }),
  rest("src.get", "GET", `${REPOSITORY}/src/{commit}/{path*}`, {
    scopes: [READ_REPOSITORY],
    tool: "getFileContent",
    arguments: [inPath("commit", "commit", "string"), inPath("path", "path", "string")],
  }),

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
    alsoInBody: ["summary.raw"],
    source: "reference, section 3",
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
  rest("pullrequests.commits", "GET", `${PULL_REQUEST}/commits`, {
    scopes: [READ_PR],
    arguments: [PULL_REQUEST_ID, ...PAGING],
  }),
  rest("pullrequests.statuses", "GET", `${PULL_REQUEST}/statuses`, {
    scopes: [READ_PR],
    tool: "getPullRequestStatuses",
    arguments: [PULL_REQUEST_ID, ...PAGING],
  }),
  rest("pullrequests.activity", "GET", `${PULL_REQUEST}/activity`, {
    scopes: [READ_PR],
    arguments: [PULL_REQUEST_ID, ...PAGING],
  }),

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
    source: "reference, section 3",
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
  }),

  rest("tasks.list", "GET", `${PULL_REQUEST}/tasks`, {
    scopes: [READ_PR],
    tool: "getPullRequestTasks",
    arguments: [PULL_REQUEST_ID, ...PAGING],
  }),
  rest("tasks.get", "GET", TASK, {
    scopes: [READ_PR],
    tool: "getPullRequestTasks",
    arguments: [PULL_REQUEST_ID, TASK_ID],
  }),
  rest("tasks.create", "POST", `${PULL_REQUEST}/tasks`, {
    scopes: [WRITE_PR],
    tool: "createPullRequestTask",
    arguments: [PULL_REQUEST_ID, inBody("content", "content.raw"), inBody("commentId", "comment.id", "integer")],
    source: "reference, section 3",
  }),
  rest("tasks.update", "PUT", TASK, {
    scopes: [WRITE_PR],
    tool: "updatePullRequestTask",
    ownOnly: true,
    arguments: [PULL_REQUEST_ID, TASK_ID, inBody("content", "content.raw"), inBody("state", "state")],
    source: "reference, section 3; attack 44",
  }),
  rest("tasks.delete", "DELETE", TASK, { scopes: [WRITE_PR], ownOnly: true, arguments: [PULL_REQUEST_ID, TASK_ID] }),

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
  rest("statuses.create", "POST", `${REPOSITORY}/commit/{commit}/statuses/build`, {
    scopes: [WRITE_REPOSITORY],
    humanGate: "a step never posts a build status",
    source: GATED_BY_HUMANS,
  }),
  rest("statuses.update", "PUT", `${REPOSITORY}/commit/{commit}/statuses/build/{key}`, {
    scopes: [WRITE_REPOSITORY],
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

  rest("pipelines.list", "GET", `${REPOSITORY}/pipelines`, { scopes: [READ_PIPELINE], arguments: PAGING }),
  rest("pipelines.stepLog", "GET", `${STEP}/log`, {
    scopes: [READ_PIPELINE],
    tool: "getPipelineStepLog",
    arguments: [inPath("pipelineUuid", "pipeline_uuid", "string"), inPath("stepUuid", "step_uuid", "string")],
  }),

  // Two documented tools read several REST resources at once, so they are rows of their own, without a REST door.
  plain("pullrequests.analyzeStatuses", {
    scopes: [READ_PR, READ_PIPELINE],
    tool: "analyzePullRequestCommitStatusFailures",
    arguments: [PULL_REQUEST_ID],
    source: "reference, section 3",
  }),
  plain("pipelines.analyzeStep", {
    scopes: [READ_PIPELINE],
    tool: "analyzePipelineStepFailure",
    arguments: [inPath("pipelineUuid", "pipeline_uuid", "string"), inPath("stepUuid", "step_uuid", "string")],
    source: "reference, section 3",
  }),

  plain("git.fetch", { scopes: [READ_REPOSITORY] }),
  plain("git.push", { scopes: [WRITE_REPOSITORY], writes: true }),
  plain("model.call", { scopes: [], writes: true }),
  plain("network.connect", { scopes: [], writes: true }),
  plain("package.get", { scopes: [] }),
  // Not an operation but the absence of one, so that an attempt at something unknown is on record like any other.
  plain("request.unlisted", {
    scopes: [],
    openToAgents: false,
    humanGate: "this operation is not in the table, so no grant covers it",
  }),
] as const satisfies readonly Operation[];
