import { SallyportError } from "../base/index.ts";
import type { EmbeddedForge, Imported } from "../forge/index.ts";
import { isObject, operationById, readMember } from "../policy/index.ts";
import type { RunRequest } from "./run-request.ts";

/** What is checked out. */
export type Checkout = {
  readonly commit: string;
  readonly source: string;
  /** A person who starts `run` on their own working tree is the reviewer, as is whoever merged it into the trusted branch. */
  readonly reviewedByPerson: boolean;
};

/** A pull request of the forge, with its branches. */
export type PullRequestFacts = { readonly id: number; readonly source: string; readonly destination: string };

/** Fixes the commit that runs: a pull request's merge, the working tree, or a revision. Throws `usage` and `refused`. */
export async function fixCommit(input: {
  readonly forge: EmbeddedForge;
  readonly request: RunRequest;
  readonly repository: string;
  /** Set when the pull request's own code runs. */
  readonly pullRequest: PullRequestFacts | null;
  readonly trusted: string | null;
  readonly imported: Pick<Imported, "clone">;
}): Promise<Checkout> {
  const { forge, request, repository, pullRequest, trusted, imported } = input;
  if (pullRequest !== null) {
    // Full names: a branch may be called like the short id of another commit.
    const commit = await forge.mergeBranches(repository, {
      source: `refs/heads/${pullRequest.source}`,
      destination: `refs/heads/${pullRequest.destination}`,
    });
    return { commit, source: `${pullRequest.source} merged with ${pullRequest.destination}`, reviewedByPerson: false };
  }
  if (request.commit === null) {
    const { commit, base, dirty } = await forge.snapshotWorkingTree({
      name: repository,
      from: request.directory,
      read: imported.clone,
    });
    const source = dirty ? `working tree of ${base.slice(0, 7)}` : `working tree, clean at ${base.slice(0, 7)}`;
    return { commit, source, reviewedByPerson: true };
  }
  // As the person's clone reads it (`HEAD~1`, a tag, a branch that a merge in the forge moved on), else as the forge does.
  const inClone = await forge.resolveInClone(request.directory, request.commit);
  const commit = await forge.resolve(repository, inClone ?? request.commit);
  if (commit === null) {
    throw new SallyportError(
      "usage",
      `There is no revision ${request.commit} in ${request.directory}; name a commit or a branch of it.`,
    );
  }
  const reviewedByPerson = trusted !== null && (await forge.isAncestor(repository, commit, trusted));
  if (!reviewedByPerson) await refuseStepsBranch(forge, repository, commit);
  return { commit, source: `commit ${commit.slice(0, 7)}`, reviewedByPerson };
}

/** A ref that a step wrote starts nothing by itself: a person may start it, as a pull request's code (design, rule 3; attack 41). */
async function refuseStepsBranch(forge: EmbeddedForge, repository: string, commit: string): Promise<void> {
  const branches = await forge.listBranches(repository);
  for (const { name } of branches.filter((branch) => branch.commit === commit)) {
    if (!(await forge.wroteByStep(repository, `refs/heads/${name}`))) continue;
    throw new SallyportError(
      "refused",
      `A step wrote ${name}, and such a branch starts no pipeline; open a pull request of it and run --pr N.`,
    );
  }
}

/** Throws `usage` when there is none. */
export async function findPullRequest(forge: EmbeddedForge, repository: string, id: number): Promise<PullRequestFacts> {
  const operation = operationById("pullrequests.get");
  const call = { operation, repository, path: { pull_request_id: String(id) }, query: {}, body: null };
  const answer = await forge.call(call, { kind: "person", name: "sallyport" });
  const value =
    answer.status === 200 && answer.body.kind === "json" && isObject(answer.body.value) ? answer.body.value : null;
  const source = readMember(value, ["source", "branch", "name"]);
  const destination = readMember(value, ["destination", "branch", "name"]);
  if (typeof source !== "string" || typeof destination !== "string") {
    throw new SallyportError(
      "usage",
      `There is no pull request ${id} in ${repository}; \`sallyport pr list\` shows what there is.`,
    );
  }
  return { id, source, destination };
}
