import { formatFinding, SallyportError, type Finding } from "../base/index.ts";
import {
  parsePipelineFile,
  selectForPush,
  selectPlan,
  type PipelineFile,
  type PipelineVariable,
  type Plan,
} from "../pipeline/index.ts";
import { operationById, readMember, isObject } from "../policy/index.ts";
import { repositoryNameOf } from "./repository-name.ts";
import { reviewPlan, withProvider } from "./review.ts";
import type { PreparedRun } from "./run-context.ts";
import type { RunRequest } from "./run-request.ts";
import type { Workplace } from "./workplace.ts";

/**
 * Fixes what a run is: imports the clone, fixes the commit, reads the file from it, selects the plan, and holds each step
 * against the trusted file (design, rule 2). Nothing of a run exists yet when it throws: bad input leaves nothing behind.
 */
export async function prepareRun(workplace: Workplace, request: RunRequest): Promise<PreparedRun> {
  const { forge } = workplace;
  const repository = await repositoryNameOf(request.directory);
  const imported = await forge.importRepository({ name: repository, from: request.directory });
  const pullRequest =
    request.pullRequest === null ? null : await findPullRequest(workplace, repository, request.pullRequest);
  const asPullRequest = request.selector?.startsWith("pull-requests/") === true;
  const checkout = await fixCommit({ workplace, request, repository, pullRequest: asPullRequest ? pullRequest : null });
  const file = await readPipelineFile(workplace, { repository, commit: checkout.commit, path: request.file });
  const branch = pullRequest !== null && asPullRequest ? pullRequest.source : imported.branch;
  const plan = choosePlan(withProvider(file, request.provider), request, branch);
  const trusted = imported.defaultCommit ?? checkout.commit;
  const unreviewed = checkout.reviewedByPerson
    ? new Map<number, string>()
    : await reviewPlan({ forge, repository, plan, commit: checkout.commit, trusted, request });
  return {
    plan,
    repository,
    commit: checkout.commit,
    source: checkout.source,
    branch,
    tag: null,
    pullRequest,
    variables: readVariables(plan.variables, request.variables, plan.selector),
    trustedCommit: checkout.reviewedByPerson ? checkout.commit : trusted,
    protectedBranches: await protectedBranches(workplace, repository, imported.defaultBranch),
    unreviewed,
  };
}

type Checkout = {
  readonly commit: string;
  readonly source: string;
  /** A person who starts `run` on their own working tree is the reviewer, as is whoever merged it into the trusted branch. */
  readonly reviewedByPerson: boolean;
};

type PullRequestFacts = { readonly id: number; readonly source: string; readonly destination: string };

async function fixCommit(input: {
  readonly workplace: Workplace;
  readonly request: RunRequest;
  readonly repository: string;
  /** Set when the pull request's own code runs. */
  readonly pullRequest: PullRequestFacts | null;
}): Promise<Checkout> {
  const { workplace, request, repository, pullRequest } = input;
  const { forge } = workplace;
  if (pullRequest !== null) {
    const commit = await forge.mergeBranches(repository, {
      source: pullRequest.source,
      destination: pullRequest.destination,
    });
    return { commit, source: `${pullRequest.source} merged with ${pullRequest.destination}`, reviewedByPerson: false };
  }
  if (request.commit === null) {
    const { commit, base, dirty } = await forge.snapshotWorkingTree({ name: repository, from: request.directory });
    const source = dirty ? `working tree of ${base.slice(0, 7)}` : `working tree, clean at ${base.slice(0, 7)}`;
    return { commit, source, reviewedByPerson: true };
  }
  const commit = await forge.resolve(repository, request.commit);
  if (commit === null) {
    throw new SallyportError(
      "usage",
      `There is no revision ${request.commit} in ${request.directory}; name a commit or a branch of it.`,
    );
  }
  const trusted = await forge.resolve(repository, await forge.defaultBranch(repository));
  const reviewedByPerson = trusted !== null && (await forge.isAncestor(repository, commit, trusted));
  return { commit, source: `commit ${commit.slice(0, 7)}`, reviewedByPerson };
}

async function findPullRequest(workplace: Workplace, repository: string, id: number): Promise<PullRequestFacts> {
  const operation = operationById("pullrequests.get");
  const call = { operation, repository, path: { pull_request_id: String(id) }, query: {}, body: null };
  const answer = await workplace.forge.call(call, { kind: "person", name: "sallyport" });
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

/** Reads and checks the pipeline file of a commit, from git objects. Throws `invalid-file` with every finding. */
export async function readPipelineFile(
  workplace: Pick<Workplace, "forge">,
  { repository, commit, path }: { readonly repository: string; readonly commit: string; readonly path: string },
): Promise<PipelineFile> {
  const content = await workplace.forge.readFile(repository, commit, path);
  if (content === null) {
    throw new SallyportError(
      "invalid-file",
      `There is no ${path} at ${commit.slice(0, 7)}; add one, or name another with --file.`,
    );
  }
  const { pipelines, findings } = parsePipelineFile(content.toString("utf8"), path);
  if (pipelines === null) throw invalidFile(path, findings);
  return pipelines;
}

function choosePlan(file: PipelineFile, request: RunRequest, branch: string | null): Plan {
  const { plan, findings } =
    request.selector === null ? selectForPush(file, branch ?? "HEAD") : selectPlan(file, request.selector);
  if (plan === null) throw invalidFile(request.file, findings);
  return plan;
}

function invalidFile(path: string, findings: readonly Finding[]): SallyportError {
  const lines = findings.map(formatFinding);
  return new SallyportError("invalid-file", lines[0] ?? `${path} is invalid.`, { details: { findings } });
}

/** The variables of a run: what `--var` gives, held against what the pipeline declares. */
function readVariables(
  declared: readonly PipelineVariable[],
  given: Readonly<Record<string, string>>,
  selector: string,
): Record<string, string> {
  const values: Record<string, string> = {};
  for (const { name, default: fallback, allowedValues } of declared) {
    const value = given[name] ?? fallback;
    if (value === null) continue;
    if (allowedValues !== null && !allowedValues.includes(value)) {
      throw new SallyportError(
        "usage",
        `${name} may be ${allowedValues.join(", ")}; --var ${name}=… gave something else.`,
      );
    }
    values[name] = value;
  }
  const unknown = Object.keys(given).find((name) => !declared.some((variable) => variable.name === name));
  if (unknown !== undefined) {
    throw new SallyportError(
      "usage",
      `${selector} declares no variable ${unknown}; add it under its variables, or leave --var out.`,
    );
  }
  return values;
}

/** The default branch, and every branch that a restriction keeps from being pushed to (design, rule 9). */
async function protectedBranches(workplace: Workplace, repository: string, defaultBranch: string): Promise<string[]> {
  return [...new Set([defaultBranch, "main", "master", ...(await workplace.forge.restrictedBranches(repository))])];
}
