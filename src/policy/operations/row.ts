import type { ArgumentBinding, Operation, RestMethod } from "../operation.ts";
import type { Scope } from "../scope.ts";

export const READ_REPOSITORY: Scope = "read:repository:bitbucket";
export const WRITE_REPOSITORY: Scope = "write:repository:bitbucket";
export const READ_PR: Scope = "read:pullrequest:bitbucket";
export const WRITE_PR: Scope = "write:pullrequest:bitbucket";
export const READ_PIPELINE: Scope = "read:pipeline:bitbucket";
export const WRITE_PIPELINE: Scope = "write:pipeline:bitbucket";
export const READ_ISSUE: Scope = "read:issue:bitbucket";
export const WRITE_ISSUE: Scope = "write:issue:bitbucket";
export const READ_TEST: Scope = "read:test:bitbucket";

export const REPOSITORY = "/repositories/{workspace}/{repo_slug}";
export const COMMIT = `${REPOSITORY}/commit/{commit}`;
export const PULL_REQUEST = `${REPOSITORY}/pullrequests/{pull_request_id}`;

export const inPath = (name: string, at: string, type: ArgumentBinding["type"] = "integer"): ArgumentBinding => ({
  name,
  type,
  in: "path",
  at,
});
export const inQuery = (name: string, type: ArgumentBinding["type"] = "string", at = name): ArgumentBinding => ({
  name,
  type,
  in: "query",
  at,
});
export const inBody = (name: string, at: string, type: ArgumentBinding["type"] = "string"): ArgumentBinding => ({
  name,
  type,
  in: "body",
  at,
});

export const COMMIT_NAME = inPath("commit", "commit", "string");
export const PULL_REQUEST_ID = inPath("pullRequestId", "pull_request_id");
export const COMMENT_ID = inPath("commentId", "comment_id");
export const PAGING = [inQuery("page", "integer"), inQuery("pagelen", "integer")];

/** The source of a row whose path Bitbucket's published OpenAPI document lists. */
const DOCUMENT = "Bitbucket REST 2.0";
/** The source of a row that Bitbucket serves, but the copy of the document that we test against does not list. */
export const NEWER = "Bitbucket REST 2.0, newer than the document";
export const GATED_BY_HUMANS = "design.md, rule 9";
export const BUILT_IN_TOOLS = "reference, section 3";

type Row = Partial<Omit<Operation, "id" | "scopes" | "rest">> & { readonly scopes: readonly Scope[] };

const PLAIN_ROW = {
  tool: null,
  humanGate: null,
  outside: null,
  ownOnly: false,
  arguments: [],
  alsoInBody: [],
} as const;

/** A row with a REST door. */
export function rest(id: string, method: RestMethod, path: string, row: Row): Operation {
  return {
    ...PLAIN_ROW,
    // A read without a tool shows what the scope already shows; a write without a tool has nobody who allowed it.
    openToAgents: method === "GET",
    // The method decides the verb: design, rule 1. What reads by POST is a row that says so, with its reason.
    writes: method !== "GET",
    source: DOCUMENT,
    ...row,
    id,
    rest: { method, path },
  };
}

/** A row without a REST door. */
export function plain(id: string, row: Row): Operation {
  return { ...PLAIN_ROW, openToAgents: true, writes: false, source: "design.md, section 4", ...row, id, rest: null };
}
