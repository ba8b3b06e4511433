import { formatFinding, SallyportError, type Finding } from "../base/index.ts";
import {
  parsePipelineFile,
  selectForPush,
  selectPlan,
  type PipelineFile,
  type PipelineVariable,
  type Plan,
} from "../pipeline/index.ts";
import { ceilingsFor } from "../policy/index.ts";
import { checkCeilings } from "./check-ceilings.ts";
import { findTrusted } from "./find-trusted.ts";
import { findPullRequest, fixCommit } from "./fix-commit.ts";
import { findInstructionFiles } from "./instruction-files.ts";
import { repositoryNameOf } from "./repository-name.ts";
import { reviewPlan, withProvider, type Review } from "./review.ts";
import type { PreparedRun } from "./run-context.ts";
import type { RunRequest } from "./run-request.ts";
import { findTaints } from "./taint.ts";
import type { Workplace } from "./workplace.ts";

/**
 * Fixes what a run is: imports the clone, fixes the commit and the trusted one, reads the file, selects the plan, holds it
 * against the ceilings and each step against the trusted file (design, rule 2). Nothing of a run exists yet when it
 * throws: bad input leaves nothing behind.
 */
export async function prepareRun(
  workplace: Pick<Workplace, "forge" | "boxes">,
  request: RunRequest,
): Promise<PreparedRun> {
  const { forge } = workplace;
  const repository = await repositoryNameOf(request.directory);
  const imported = await forge.importRepository({ name: repository, from: request.directory });
  const ceilings = ceilingsFor(request.policies, repository);
  const trusted = await findTrusted(forge, repository, imported, ceilings);
  const pullRequest =
    request.pullRequest === null ? null : await findPullRequest(forge, repository, request.pullRequest);
  const ownCode = request.selector?.startsWith("pull-requests/") === true ? pullRequest : null;
  const checkout = await fixCommit({
    forge,
    request,
    repository,
    pullRequest: ownCode,
    trusted: trusted.commit,
    imported,
  });
  const { commit } = checkout;
  const instructions =
    ownCode === null
      ? null
      : await findInstructionFiles(forge, {
          repository,
          merge: commit,
          destination: ownCode.destination,
          trusted: trusted.commit,
        });
  const taken = new Set([...(instructions?.restored ?? []), ...(instructions?.removed ?? [])]);
  const steeringCommit = (path: string): string => (taken.has(path) ? (instructions?.commit ?? commit) : commit);
  const file = await readPipelineFile(workplace, { repository, commit, path: request.file });
  const branch = ownCode?.source ?? imported.branch;
  const plan = choosePlan(withProvider(file, request.provider), request, branch);
  await checkCeilings(plan, ceilings, workplace.boxes);
  const review: Review = checkout.reviewedByPerson
    ? { unreviewed: new Map(), trustedNames: new Map() }
    : await reviewPlan({ forge, repository, plan, steeringCommit, trusted: trusted.commit, request });
  return {
    plan,
    repository,
    commit,
    source: checkout.source,
    branch,
    tag: null,
    pullRequest,
    variables: readVariables(plan.variables, request.variables, plan.selector),
    // Without a trusted branch no step is reviewed, and one that is not reviewed pushes nothing.
    trustedCommit: checkout.reviewedByPerson ? commit : (trusted.commit ?? commit),
    protectedBranches: await protectedBranches(workplace, repository, trusted.branches),
    unreviewed: review.unreviewed,
    taints: findTaints({ steps: plan.steps, ceilings, ...review }),
    policies: request.policies,
    ceilings,
    instructions,
    steeringCommit,
  };
}

const TOO_LARGE: Omit<Finding, "file"> = {
  line: 1,
  column: 1,
  rule: "file-too-large",
  severity: "error",
  message: "the file is over 1 MiB",
  fix: "move long scripts into files of their own",
};

/** Reads and checks the pipeline file of a commit, from git objects. Throws `invalid-file` with every finding. */
export async function readPipelineFile(
  workplace: Pick<Workplace, "forge">,
  { repository, commit, path }: { readonly repository: string; readonly commit: string; readonly path: string },
): Promise<PipelineFile> {
  const content = await workplace.forge.readFile(repository, commit, path).catch((error: unknown) => {
    if (!(error instanceof SallyportError) || error.code !== "invalid-file") throw error;
    // Too long for the forge to read as a whole: the parser, whose limit is lower, would say the same of it.
    throw invalidFile(path, [{ ...TOO_LARGE, file: path }]);
  });
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

/** The default and the trusted branches, and every branch that a restriction keeps from being pushed to (design, rule 9). */
async function protectedBranches(
  { forge }: Pick<Workplace, "forge">,
  repository: string,
  trusted: readonly string[],
): Promise<string[]> {
  return [...new Set([...trusted, "main", "master", ...(await forge.restrictedBranches(repository))])];
}
