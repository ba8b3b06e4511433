import { canonicalJson } from "../base/index.ts";
import { reviewedTextPaths, steeringText, type Step } from "../pipeline/index.ts";
import type { ReviewInput, TrustedStep } from "./review.ts";
import { unifiedDiff } from "./unified-diff.ts";

/** Lines of a difference that are kept: what a person reads, and what a ledger should hold. */
const MOST_LINES = 60;

/**
 * How a step that is not reviewed differs from the trusted step that it most likely was: the step's canonical text, or the
 * file that steers it. Empty when the trusted file has nothing to compare it with.
 */
export async function explainDifference(
  input: ReviewInput,
  step: Step,
  trusted: readonly TrustedStep[] | null,
): Promise<readonly string[]> {
  const counterpart = trusted === null ? undefined : findCounterpart(input.plan.selector, step, trusted);
  if (counterpart === undefined) return [];
  const text = unifiedDiff(render(counterpart), render(step));
  const lines = text.length > 0 ? text : await compareFiles(input, step);
  if (lines.length <= MOST_LINES) return lines;
  return [...lines.slice(0, MOST_LINES), `… ${lines.length - MOST_LINES} more lines`];
}

/** The step of the same name in the same pipeline, else at the same place there, else of the same name anywhere. */
function findCounterpart(selector: string, step: Step, trusted: readonly TrustedStep[]): Step | undefined {
  const inPipeline = trusted.filter(({ pipeline: { kind, name } }) =>
    kind === "default" ? selector === kind : selector === `${kind}/${name}`,
  );
  const sameName = ({ step: other }: TrustedStep): boolean => step.name !== null && other.name === step.name;
  const found =
    inPipeline.find(sameName) ??
    inPipeline.find((other) => other.step.number === step.number) ??
    trusted.find(sameName);
  return found?.step;
}

/** One member a line, keys sorted: a line that differs says what differs. */
function render(step: Step): string {
  return JSON.stringify(JSON.parse(canonicalJson(steeringText(step))), null, 2);
}

async function compareFiles({ forge, repository, trusted, steeringCommit }: ReviewInput, step: Step) {
  const lines: string[] = [];
  for (const path of reviewedTextPaths(step)) {
    const sides = await Promise.all(
      [trusted, steeringCommit(path)].map(async (commit) =>
        commit === null ? null : await forge.readFile(repository, commit, path),
      ),
    );
    const [before = null, now = null] = sides.map((content) => content?.toString("utf8") ?? null);
    if (before === now) continue;
    lines.push(`--- ${before === null ? "(no file)" : path}`, `+++ ${now === null ? "(no file)" : path}`);
    lines.push(...unifiedDiff(before ?? "", now ?? ""));
  }
  return lines;
}
