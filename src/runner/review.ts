import { digestOf } from "../base/index.ts";
import type { EmbeddedForge } from "../forge/index.ts";
import {
  parsePipelineFile,
  reviewedTextPaths,
  stepDigest,
  type Pipeline,
  type PipelineFile,
  type Plan,
  type Step,
} from "../pipeline/index.ts";
import type { AgentProviderName } from "../policy/index.ts";
import { explainDifference } from "./explain-difference.ts";
import type { RunRequest } from "./run-request.ts";

/** What is compared, and where it stands. */
export type ReviewInput = {
  readonly forge: Pick<EmbeddedForge, "readFile" | "blobId">;
  readonly repository: string;
  readonly plan: Plan;
  /** The commit in which a file that steers an agent stands, for this run. Full object id. */
  readonly steeringCommit: (path: string) => string;
  /** The trusted commit, or null when there is no trusted branch: then nothing is reviewed. */
  readonly trusted: string | null;
  readonly request: Pick<RunRequest, "file" | "provider">;
};

/** Why a step is not reviewed, and how it differs from the trusted text. */
export type Unreviewed = { readonly reason: string; readonly diff: readonly string[] };

/** What a review found, by the numbers of the plan's steps. A step that is missing in both is reviewed by a person. */
export type Review = {
  readonly unreviewed: ReadonlyMap<number, Unreviewed>;
  /** The names that a reviewed step has in the trusted file: its name in the plan may be somebody else's choice. */
  readonly trustedNames: ReadonlyMap<number, readonly string[]>;
};

/** A step of the trusted file. */
export type TrustedStep = { readonly step: Step; readonly pipeline: Pipeline; readonly digest: string };

/**
 * Holds each step of a plan against the trusted file (design, rule 2; attacks 8, 41). A step counts as reviewed when some
 * step of that file has the same text, and the files that steer its agents are the same blobs. When the trusted file is
 * missing or invalid, nothing is reviewed.
 */
export async function reviewPlan(input: ReviewInput): Promise<Review> {
  const trusted = await readTrustedSteps(input);
  const unreviewed = new Map<number, Unreviewed>();
  const trustedNames = new Map<number, readonly string[]>();
  for (const step of input.plan.steps) {
    const digest = await digestAt(input, step, input.steeringCommit);
    const same = (trusted.steps ?? []).filter((one) => one.digest === digest);
    if (same.length > 0) {
      trustedNames.set(
        step.number,
        same.flatMap((one) => one.step.name ?? []),
      );
      continue;
    }
    const reason = `${trusted.why} as written, so it has implicit read only (rule 2)`;
    unreviewed.set(step.number, { reason, diff: await explainDifference(input, step, trusted.steps) });
  }
  return { unreviewed, trustedNames };
}

/** The steps of the trusted file, or null with why there are none. */
async function readTrustedSteps(
  input: ReviewInput,
): Promise<{ readonly steps: readonly TrustedStep[] | null; readonly why: string }> {
  const { forge, repository, trusted, request } = input;
  if (trusted === null) return { steps: null, why: "there is no trusted branch that has this step" };
  const at = trusted.slice(0, 7);
  const content = await forge.readFile(repository, trusted, request.file);
  if (content === null) return { steps: null, why: `there is no ${request.file} at the trusted ${at} that has it` };
  const { pipelines } = parsePipelineFile(content.toString("utf8"), request.file);
  if (pipelines === null) return { steps: null, why: `the trusted file at ${at} is invalid, so nothing in it stands` };
  const steps = withProvider(pipelines, request.provider).pipelines.flatMap((pipeline) =>
    pipeline.steps.map((step) => ({ step, pipeline })),
  );
  return {
    why: `not in the trusted file at ${at}`,
    steps: await Promise.all(
      steps.map(async (one) => ({ ...one, digest: await digestAt(input, one.step, () => trusted) })),
    ),
  };
}

async function digestAt(
  { forge, repository }: ReviewInput,
  step: Step,
  commitOf: (path: string) => string,
): Promise<string> {
  const files = await Promise.all(
    reviewedTextPaths(step).map(async (path) => [path, await forge.blobId(repository, commitOf(path), path)] as const),
  );
  return digestOf({ step: stepDigest(step), files: Object.fromEntries(files) });
}

/** The file with `--provider` in place of every agent's own. */
export function withProvider(file: PipelineFile, provider: AgentProviderName | null): PipelineFile {
  if (provider === null) return file;
  const override = (step: Step): Step => ({
    ...step,
    script: step.script.map((part) => (part.kind === "agent" ? { ...part, agent: { ...part.agent, provider } } : part)),
  });
  return {
    ...file,
    pipelines: file.pipelines.map((pipeline) => ({ ...pipeline, steps: pipeline.steps.map(override) })),
  };
}
