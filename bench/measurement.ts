/** One thing that is measured against something else, in the same interleaved run. */
export type Measurement = {
  /** Its name on the command line and in the output, such as `box-warm`. */
  readonly name: string;
  readonly group: string;
  readonly unit: "ms" | "per second";
  /** What it is held against, in words. */
  readonly against: string;
  /** The limit on ours / theirs; for `per second` the ratio must not be below it. */
  readonly budget: number;
  /** The same, as a sentence, where the limit is more than a ratio. */
  readonly note?: string;
  readonly repetitions: number;
  /** Prepares both sides and says how each is measured once, disposed of afterwards; or why it cannot be measured here. */
  prepare(): Promise<Sides | Skipped>;
};

/** What is missing on this machine, and how to get it. */
export type Skipped = { readonly skipped: string };

/** Each call measures one repetition, in the measurement's unit. `extra` is added to theirs before the ratio is taken. */
export type Sides = AsyncDisposable & {
  ours(): Promise<number>;
  theirs(): Promise<number>;
  /** What the budget allows on top of the ratio, in the same unit: a part of the limit, measured beside it. */
  allowance?(): Promise<number>;
};

/** The line that `--json` prints: what could not be measured holds no budget, has no figures, and says why. */
export type Result = Pick<Measurement, "name" | "unit" | "against" | "budget"> &
  (
    | { readonly ours: number; readonly theirs: number; readonly ratio: number; readonly holds: boolean }
    | {
        readonly ours: null;
        readonly theirs: null;
        readonly ratio: null;
        readonly holds: false;
        readonly skipped: string;
      }
  );

/** Measures both sides in turn, so that what else the machine does falls on both, and takes the medians. */
export async function measure(measurement: Measurement): Promise<Result> {
  const { name, unit, against, budget } = measurement;
  const prepared = await measurement.prepare();
  if ("skipped" in prepared) {
    const { skipped } = prepared;
    return { name, ours: null, unit, against, theirs: null, ratio: null, budget, holds: false, skipped };
  }
  await using sides = prepared;
  const ours: number[] = [];
  const theirs: number[] = [];
  const allowances: number[] = [];
  // One repetition of each is thrown away: the first use of a program reads it from disk.
  await sides.ours();
  await sides.theirs();
  for (let repetition = 0; repetition < measurement.repetitions; repetition += 1) {
    const first = repetition % 2 === 0;
    if (first) ours.push(await sides.ours());
    theirs.push(await sides.theirs());
    if (!first) ours.push(await sides.ours());
    if (sides.allowance !== undefined) allowances.push(await sides.allowance());
  }
  const [mine, other] = [median(ours), median(theirs)];
  const ratio = mine / other;
  const limit = budget * other + (allowances.length === 0 ? 0 : median(allowances));
  const holds = unit === "ms" ? mine <= limit : ratio >= budget;
  return { name, ours: round(mine), unit, against, theirs: round(other), ratio: round(ratio), budget, holds };
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}

/** Milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
