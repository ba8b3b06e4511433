import { digestOf } from "../base/index.ts";
import type { EmbeddedForge } from "../forge/index.ts";
import {
  parsePipelineFile,
  reviewedTextPaths,
  stepDigest,
  type PipelineFile,
  type Plan,
  type Step,
} from "../pipeline/index.ts";
import type { AgentProviderName } from "../policy/index.ts";
import type { RunRequest } from "./run-request.ts";

/** What is compared, and where it stands. */
export type ReviewInput = {
  readonly forge: EmbeddedForge;
  readonly repository: string;
  readonly plan: Plan;
  /** The commit that runs, and the trusted one. Full object ids. */
  readonly commit: string;
  readonly trusted: string;
  readonly request: Pick<RunRequest, "file" | "provider">;
};

/**
 * Which steps of a plan are not in the trusted file as written, with the reason: such a step runs with implicit read
 * only (design, rule 2; attacks 8, 41). A step counts as reviewed when some step of the trusted file has the same text,
 * and the files that steer its agents are the same blobs.
 */
export async function reviewPlan(input: ReviewInput): Promise<Map<number, string>> {
  const reviewed = new Set(await trustedDigests(input));
  const reasons = new Map<number, string>();
  for (const step of input.plan.steps) {
    if (reviewed.has(await digestAt(input, step, input.commit))) continue;
    reasons.set(
      step.number,
      `not in the trusted file at ${input.trusted.slice(0, 7)} as written, so it has implicit read only (rule 2)`,
    );
  }
  return reasons;
}

async function trustedDigests(input: ReviewInput): Promise<string[]> {
  const { forge, repository, trusted, request } = input;
  const content = await forge.readFile(repository, trusted, request.file);
  if (content === null) return [];
  const { pipelines } = parsePipelineFile(content.toString("utf8"), request.file);
  if (pipelines === null) return [];
  const steps = withProvider(pipelines, request.provider).pipelines.flatMap((pipeline) => pipeline.steps);
  return Promise.all(steps.map((step) => digestAt(input, step, trusted)));
}

async function digestAt({ forge, repository }: ReviewInput, step: Step, commit: string): Promise<string> {
  const files = await Promise.all(
    reviewedTextPaths(step).map(async (path) => [path, await forge.blobId(repository, commit, path)] as const),
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
