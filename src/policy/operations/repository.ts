import type { Operation } from "../operation.ts";
import { inPath, PAGING, READ_PR, READ_REPOSITORY, REPOSITORY, rest } from "./row.ts";

const NAME = inPath("name", "name", "string");

/** The repository itself and its refs. Refs are written by `git push`, which judges each of them. */
export const REPOSITORY_ROWS: readonly Operation[] = [
  rest("repository.get", "GET", REPOSITORY, { scopes: [READ_REPOSITORY] }),
  rest("refs.list", "GET", `${REPOSITORY}/refs`, { scopes: [READ_REPOSITORY], arguments: PAGING }),
  rest("branches.list", "GET", `${REPOSITORY}/refs/branches`, { scopes: [READ_REPOSITORY], arguments: PAGING }),
  rest("branches.get", "GET", `${REPOSITORY}/refs/branches/{name*}`, { scopes: [READ_REPOSITORY], arguments: [NAME] }),
  rest("tags.list", "GET", `${REPOSITORY}/refs/tags`, { scopes: [READ_REPOSITORY], arguments: PAGING }),
  rest("tags.get", "GET", `${REPOSITORY}/refs/tags/{name*}`, { scopes: [READ_REPOSITORY], arguments: [NAME] }),
  rest("branchingModel.get", "GET", `${REPOSITORY}/branching-model`, { scopes: [READ_REPOSITORY] }),
  rest("watchers.list", "GET", `${REPOSITORY}/watchers`, { scopes: [READ_REPOSITORY], arguments: PAGING }),
  rest("defaultReviewers.list", "GET", `${REPOSITORY}/default-reviewers`, { scopes: [READ_PR], arguments: PAGING }),
  rest("defaultReviewers.get", "GET", `${REPOSITORY}/default-reviewers/{target_username}`, {
    scopes: [READ_PR],
    arguments: [inPath("user", "target_username", "string")],
  }),
];
