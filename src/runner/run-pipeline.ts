import { createAuthority } from "../authority/index.ts";
import { createBroker } from "../broker/index.ts";
import { createGateway } from "../gateway/index.ts";
import { openLedger, verifyLedger, type Ledger } from "../ledger/index.ts";
import type { Judged } from "../authority/index.ts";
import { checkAgents } from "./read-agent.ts";
import { prepareRun } from "./prepare-run.ts";
import type { PreparedRun, RunContext } from "./run-context.ts";
import type { RunEvent } from "./run-event.ts";
import type { RunRequest, RunResult } from "./run-request.ts";
import { runStep } from "./run-step.ts";
import { countBoxes } from "./step-items.ts";
import type { Workplace } from "./workplace.ts";

/** What a caller listens with. */
export type RunControls = {
  readonly onEvent: (event: RunEvent) => void;
  /** Aborting it ends every box within a second, revokes every token, closes the ledger. */
  readonly signal: AbortSignal;
};

type State = RunResult["state"];

/** How a run's end reads as an exit code (design, section 8): in its record, its ledger, and on the command line. */
export const RUN_EXIT_CODES: Readonly<Record<State, number>> = { passed: 0, failed: 1, interrupted: 130 };

/**
 * Runs one pipeline from its file to its end. Throws before anything is made when the request or the file is wrong
 * (`usage`, `invalid-file`, `not-found`), when an agent could not be started (`refused`), and when there is no isolation to be had (`no-isolation`).
 */
export async function runPipeline(
  workplace: Workplace,
  request: RunRequest,
  controls: RunControls,
): Promise<RunResult> {
  // First of all, since it says whether there is isolation to be had; it opens while the clone is imported.
  workplace.boxes.warm();
  const prepared = await prepareRun(workplace, request);
  const { repository, plan, commit } = prepared;
  await checkAgents({ workplace, prepared, facts: { ...prepared, run: "00000000", buildNumber: 0 } });
  const { id: run } = await workplace.runs.create({
    selector: plan.selector,
    repository,
    details: { commit, source: prepared.source, pullRequest: prepared.pullRequest?.id ?? null },
  });
  let state: State = "failed";
  try {
    await workplace.runs.start(run);
    await using ledger = await openLedger({
      home: workplace.home,
      database: workplace.database,
      run,
      clock: workplace.clock,
    });
    state = await walkPlan(workplace, prepared, { run, ledger, ...controls });
  } finally {
    await workplace.tokens.revokeRun(run);
    await workplace.runs.end(run, state, RUN_EXIT_CODES[state]);
  }
  const verification = await verifyLedger({ home: workplace.home, database: workplace.database, run });
  controls.onEvent({
    type: "run-ended",
    run,
    state,
    ledgerEntries: verification.head.seq,
    ledgerVerified: verification.ok,
  });
  return { run, state };
}

type Walk = RunControls & { readonly run: string; readonly ledger: Ledger };

async function walkPlan(workplace: Workplace, prepared: PreparedRun, walk: Walk): Promise<State> {
  const { run, ledger, signal, onEvent } = walk;
  const { plan, repository, commit, trustedCommit, pullRequest } = prepared;
  const onJudged = (judged: Judged): void => onEvent({ type: "judged", step: judged.grant.step, judged });
  const authority = createAuthority({ tokens: workplace.tokens, ledger, clock: workplace.clock, onJudged });
  const gateway = createGateway({ authority, forge: workplace.forge, version: workplace.version });
  const { forge, models, onFault } = workplace;
  await using broker = createBroker({ authority, forge, gateway, models, onFault });
  const facts = { run, buildNumber: Number.parseInt(run.slice(0, 6), 16), ...prepared };
  const warmNextBox = warmUpTo(
    plan.steps.reduce((sum, step) => sum + countBoxes(step), 0),
    workplace,
  );
  const context: RunContext = {
    workplace,
    prepared,
    run,
    facts,
    ledger,
    authority,
    broker,
    emit: onEvent,
    signal,
    warmNextBox,
  };

  await ledger.append(
    {
      type: "run.started",
      run,
      selector: plan.selector,
      repository,
      commit,
      trustedCommit,
      pullRequest: pullRequest?.id ?? null,
    },
    { durable: true },
  );
  for (const { path, digest } of prepared.policies) {
    await ledger.append({ type: "policy.applied", policy: path, digest }, { durable: false });
  }
  onEvent({
    type: "run-started",
    run,
    selector: plan.selector,
    repository,
    pullRequest: pullRequest?.id ?? null,
    source: prepared.source,
  });
  let state: State = "failed";
  try {
    state = await walkSteps(context);
  } finally {
    await ledger.append({ type: "run.ended", state, code: RUN_EXIT_CODES[state] }, { durable: true });
  }
  return state;
}

/** Step after step, until one does not pass. */
async function walkSteps(context: RunContext): Promise<State> {
  const { steps } = context.prepared.plan;
  for (const [index, step] of steps.entries()) {
    const { state } = await runStep(context, step, steps.slice(0, index));
    if (state !== "passed") return state;
  }
  return "passed";
}

/** One box is warm already; each that opens warms the next, until the plan has no more. */
function warmUpTo(boxes: number, workplace: Workplace): () => void {
  let left = boxes - 1;
  return () => {
    if (left > 0) workplace.boxes.warm();
    left -= 1;
  };
}
