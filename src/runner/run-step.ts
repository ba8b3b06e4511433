import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Step } from "../pipeline/index.ts";
import { capMinutes } from "../policy/index.ts";
import { announceStep, nameOf } from "./announce-step.ts";
import { bringArtifacts, keepArtifacts } from "./artifacts.ts";
import type { StepAuthority } from "./grants.ts";
import { removeTree } from "./remove-tree.ts";
import type { RunContext } from "./run-context.ts";
import { runItem, type StepPlace } from "./run-item.ts";
import { afterScriptItem, cloneItem, scriptItems, type StepContext } from "./step-items.ts";

/** How a step ended. */
export type StepResult = {
  readonly state: "passed" | "failed" | "interrupted";
  /** Null when it never came to a command. */
  readonly code: number | null;
  readonly reason: string | null;
};

const MINUTE = 60_000;

/** Runs one step: clone, artifacts, script, after-script, artifacts; every item in a box of its own. */
export async function runStep(context: RunContext, step: Step, earlier: readonly Step[]): Promise<StepResult> {
  const { workplace, prepared, run, emit, ledger } = context;
  const start = workplace.clock.now();
  const stepContext: StepContext = {
    context,
    step,
    authority: authorityOf(context, step, start),
    minutes: capMinutes(step.maxTime, prepared.ceilings),
  };
  const counts = countDecisions(context, step);
  const notes = announceStep(stepContext, earlier);
  await workplace.runs.startStep(run, step.number, nameOf(step, prepared.plan.selector));
  await ledger.append(
    {
      type: "step.started",
      step: step.number,
      name: nameOf(step, prepared.plan.selector),
      reviewed: stepContext.authority.reviewed,
    },
    { durable: false },
  );
  for (const text of notes) await ledger.append({ type: "notice", step: step.number, text }, { durable: false });

  const result = await walk(stepContext, earlier);

  const ms = workplace.clock.now() - start;
  await ledger.append(
    { type: "step.ended", step: step.number, state: result.state, code: result.code, ms },
    { durable: true },
  );
  await workplace.runs.endStep(run, step.number, result.state, result.code);
  emit({
    type: "step-ended",
    step: step.number,
    state: result.state,
    reason: result.reason,
    seconds: ms / 1000,
    ...counts.end(),
  });
  return result;
}

async function walk(stepContext: StepContext, earlier: readonly Step[]): Promise<StepResult> {
  const { context, step, minutes } = stepContext;
  const folder = join(context.workplace.runs.folder(context.run), `step-${step.number}`);
  const workspace = join(folder, "workspace");
  await mkdir(workspace, { recursive: true, mode: 0o700 });
  const overtime = new AbortController();
  const timer = setTimeout(() => overtime.abort(), minutes * MINUTE);
  using log = context.workplace.runs.openLog(context.run, step.number);
  const place: StepPlace = { workspace, folder, log, signal: AbortSignal.any([context.signal, overtime.signal]) };
  try {
    return await runItems(stepContext, place, earlier);
  } catch (error) {
    if (context.signal.aborted) return { state: "interrupted", code: null, reason: "interrupted" };
    if (overtime.signal.aborted)
      return { state: "failed", code: null, reason: `max-time of ${minutes} minutes is over` };
    throw error;
  } finally {
    clearTimeout(timer);
    await removeTree(folder);
  }
}

async function runItems(stepContext: StepContext, place: StepPlace, earlier: readonly Step[]): Promise<StepResult> {
  const { context, step } = stepContext;
  const prepare = await prepareWorkspace(stepContext, place, earlier);
  const result = prepare ?? (await runScript(stepContext, place));
  place.signal.throwIfAborted();
  if (step.afterScript.length > 0) await runItem(context, place, await afterScriptItem(stepContext, result.code ?? 1));
  await keepArtifacts(stepContext, place);
  place.signal.throwIfAborted();
  return result;
}

async function prepareWorkspace(
  stepContext: StepContext,
  place: StepPlace,
  earlier: readonly Step[],
): Promise<StepResult | null> {
  const { context, step } = stepContext;
  if (step.clone.enabled) {
    const exit = await runItem(context, place, cloneItem(stepContext));
    if (exit.code !== 0)
      return { state: "failed", code: exit.code, reason: `the clone failed with exit code ${exit.code}` };
  }
  await bringArtifacts(stepContext, place, earlier);
  return null;
}

async function runScript(stepContext: StepContext, place: StepPlace): Promise<StepResult> {
  for await (const item of scriptItems(stepContext)) {
    const exit = await runItem(stepContext.context, place, item);
    place.signal.throwIfAborted();
    if (exit.code === 0) continue;
    const reason =
      exit.limit === null ? `exit code ${exit.code}` : `the ${exit.limit} limit ended it (exit code ${exit.code})`;
    return { state: "failed", code: exit.code, reason };
  }
  return { state: "passed", code: 0, reason: null };
}

function authorityOf({ run, prepared }: RunContext, step: Step, startsAt: number): StepAuthority {
  const { repository, protectedBranches, trustedCommit, unreviewed, ceilings, taints } = prepared;
  return {
    run,
    step,
    repository,
    protectedBranches,
    trustedCommit,
    ceilings,
    startsAt,
    expiresAt: startsAt + step.maxTime * MINUTE,
    reviewed: !unreviewed.has(step.number),
    taint: taints.get(step.number) ?? null,
  };
}

function countDecisions({ ledger }: RunContext, step: Step) {
  const counts = { allowed: 0, denied: 0 };
  const stop = ledger.onEntry(({ event }) => {
    if (event.type !== "decision" || event.step !== step.number) return;
    if (event.allow) counts.allowed += 1;
    else counts.denied += 1;
  });
  return {
    end: () => {
      stop();
      return { ...counts };
    },
  };
}
