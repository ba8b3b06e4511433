import type { Operation, RestMethod } from "../operation.ts";
import { COMMIT, GATED_BY_HUMANS, NEWER, plain, PULL_REQUEST, REPOSITORY } from "./row.ts";

/**
 * What Bitbucket offers and no step may do, as patterns of paths with one reason. A pattern loses to every row with a
 * more specific path. A path that ends in `/{rest*}` stands for the path above it too.
 */
export type RefusedFamily = {
  readonly operation: Operation;
  /** null: whatever the method. */
  readonly methods: readonly RestMethod[] | null;
  readonly paths: readonly string[];
};

type Where = { readonly methods?: readonly RestMethod[]; readonly source?: string };

/** Refused by the human gate: a person may do it. */
function people(id: string, reason: string, paths: readonly string[], { methods, source }: Where = {}): RefusedFamily {
  const row = { scopes: [], openToAgents: false, humanGate: reason, source: source ?? GATED_BY_HUMANS };
  return { operation: plain(id, row), methods: methods ?? null, paths };
}

/** Refused by the repository gate: it reaches beyond the one repository of the token (rule 4, attack 7). */
function outside(id: string, reason: string, paths: readonly string[]): RefusedFamily {
  const row = { scopes: [], openToAgents: false, outside: reason, source: "design.md, rule 4" };
  return { operation: plain(id, row), methods: null, paths };
}

const NO_SCOPE = "the document names no scope for it";

export const REFUSED_FAMILIES: readonly RefusedFamily[] = [
  people("repository.administer", "a step never creates, deletes or reconfigures a repository", [REPOSITORY], {
    methods: ["POST", "PUT", "PATCH", "DELETE"],
  }),
  people("src.write", "a file is written by git push, which is judged by what it changes", [`${REPOSITORY}/src`], {
    methods: ["POST"],
  }),
  people(
    "refs.write",
    "a ref is written by git push, which is judged by what it changes",
    [`${REPOSITORY}/refs/branches`, `${REPOSITORY}/refs/tags`],
    { methods: ["POST"] },
  ),
  people(
    "refs.delete",
    "a step never deletes a ref",
    [`${REPOSITORY}/refs/branches/{name*}`, `${REPOSITORY}/refs/tags/{name*}`],
    { methods: ["DELETE"] },
  ),
  people("commits.approve", "a step never approves a commit, nor withdraws an approval", [`${COMMIT}/approve`], {
    methods: ["POST", "DELETE"],
  }),
  people(
    "commits.pullrequests",
    "Bitbucket names no scope for the pull requests of a commit; list the repository's instead",
    [`${COMMIT}/pullrequests`],
    { methods: ["GET"], source: NO_SCOPE },
  ),
  people(
    "pipelines.start",
    "a step starts no pipeline: it would hand itself another step's grant",
    [`${REPOSITORY}/pipelines`],
    {
      methods: ["POST"],
      source: "design.md, rule 3",
    },
  ),
  people(
    "pipelines.configure",
    "variables, schedules, keys and runners of pipelines are an administrator's",
    [`${REPOSITORY}/pipelines_config/{rest*}`],
    { source: NO_SCOPE },
  ),
  people(
    "pipelines.runners",
    "runners and their secrets are an administrator's",
    [`${REPOSITORY}/pipelines-config/{rest*}`],
    {
      source: NEWER,
    },
  ),
  people(
    "deployments",
    "environments and deployments are a person's, since secrets hang on them",
    [`${REPOSITORY}/environments/{rest*}`, `${REPOSITORY}/deployments/{rest*}`],
    { source: NO_SCOPE },
  ),
  people(
    "deployments.configure",
    "variables of an environment are a person's",
    [`${REPOSITORY}/deployments_config/{rest*}`],
    {
      source: NEWER,
    },
  ),
  people("statuses.other", "a step never changes a build status", [`${COMMIT}/statuses/{rest*}`]),
  people(
    "properties",
    "an app's properties belong to the app and have no scope of their own",
    [`${REPOSITORY}/properties/{rest*}`, `${COMMIT}/properties/{rest*}`, `${PULL_REQUEST}/properties/{rest*}`],
    { source: NO_SCOPE },
  ),
  people("hooks", "a webhook carries what happens here somewhere else", [`${REPOSITORY}/hooks/{rest*}`]),
  people("deployKeys", "a deploy key is access that outlives the step", [`${REPOSITORY}/deploy-keys/{rest*}`]),
  people(
    "permissions",
    "a step never changes who may do what",
    [`${REPOSITORY}/permissions-config/{rest*}`, `${REPOSITORY}/override-settings/{rest*}`],
    { source: NEWER },
  ),
  people("restrictions.other", "branch restrictions are an administrator's", [
    `${REPOSITORY}/branch-restrictions/{rest*}`,
  ]),
  people("branchingModel.configure", "the branching model is an administrator's", [
    `${REPOSITORY}/branching-model/{rest*}`,
  ]),
  people(
    "defaultReviewers.change",
    "a step never changes who reviews",
    [`${REPOSITORY}/default-reviewers/{target_username}`],
    { methods: ["PUT", "DELETE"] },
  ),
  people("downloads", "a download is published to others and outlives the step", [`${REPOSITORY}/downloads/{rest*}`]),
  people("forks", "a fork is another repository, and a step has one", [`${REPOSITORY}/forks/{rest*}`]),
  people("issues.delete", "a step never deletes an issue", [`${REPOSITORY}/issues/{issue_id}`], {
    methods: ["DELETE"],
  }),
  people("issues.asPerson", "a vote or a watch is a person's", [
    `${REPOSITORY}/issues/{issue_id}/vote`,
    `${REPOSITORY}/issues/{issue_id}/watch`,
  ]),
  people("issues.move", "import and export of all issues are an administrator's", [
    `${REPOSITORY}/issues/import`,
    `${REPOSITORY}/issues/export/{rest*}`,
  ]),

  outside("outside.repositories", "a list of repositories shows others than the step's own", [
    "/repositories",
    "/repositories/{workspace}",
  ]),
  outside("outside.workspaces", "workspaces, projects and teams reach beyond the step's repository", [
    "/workspaces/{rest*}",
    "/teams/{rest*}",
  ]),
  outside("outside.users", "users reach beyond the step's repository", [
    "/user/{rest*}",
    "/users/{rest*}",
    "/pullrequests/{target_user}",
  ]),
  outside("outside.snippets", "snippets belong to no repository", ["/snippets/{rest*}"]),
  outside("outside.apps", "apps and their events reach beyond the step's repository", [
    "/addon/{rest*}",
    "/hook_events/{rest*}",
  ]),
];
