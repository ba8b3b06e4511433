import { queryLedger, verifyLedger, type LedgerEntry, type LedgerEvent, type Verification } from "../ledger/index.ts";
import type { Run, RunStep } from "../runs/index.ts";
import type { Workplace } from "../runner/index.ts";

/** One operation of a run as the ledger has it. */
export type RecordedOperation = Omit<Extract<LedgerEvent, { readonly type: "decision" }>, "type"> & {
  /** Milliseconds that the act took; null for a denial, and for what was cut off. */
  readonly milliseconds: number | null;
  /** False where the record says that what was allowed then failed. */
  readonly done: boolean;
};

export type RecordedStep = RunStep & {
  readonly notices: readonly string[];
  readonly operations: readonly RecordedOperation[];
};

/** What a run did, put together from its record and its ledger. */
export type RunRecord = {
  readonly run: Run;
  readonly steps: readonly RecordedStep[];
  readonly ledger: Verification;
};

/** Reads the record of the run that `text` names by its id or a unique beginning. Throws `not-found`, `usage`. */
export async function readRunRecord({ home, database, runs }: Workplace, text: string): Promise<RunRecord> {
  const run = await runs.find(text);
  const ledger = await verifyLedger({ home, database, run: run.id });
  const entries: LedgerEntry[] = [];
  for await (const { entry } of queryLedger(home, { run: run.id, types: ["decision", "operation.done", "notice"] })) {
    entries.push(entry);
  }
  const steps = (await runs.steps(run.id)).map((step) => ({ ...step, ...readStep(entries, step.number) }));
  return { run, steps, ledger };
}

function readStep(entries: readonly LedgerEntry[], step: number): Pick<RecordedStep, "notices" | "operations"> {
  const ends = new Map<number, { readonly ms: number; readonly status: unknown }>();
  for (const { event } of entries) if (event.type === "operation.done") ends.set(event.decision, event);
  const notices: string[] = [];
  const operations: RecordedOperation[] = [];
  for (const { seq, event } of entries) {
    if (!("step" in event) || event.step !== step) continue;
    if (event.type === "notice") notices.push(event.text);
    if (event.type !== "decision") continue;
    const { type: _type, ...decision } = event;
    const end = ends.get(seq);
    operations.push({ ...decision, milliseconds: end?.ms ?? null, done: end?.status !== "error" });
  }
  return { notices, operations };
}
