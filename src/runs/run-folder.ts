import { join } from "node:path";

/** A run's folder, `home/runs/<run>`. Throws `TypeError` for an id that could lead out of it. */
export function runFolder(home: string, run: string): string {
  if (!/^[0-9a-f]{8}$/.test(run)) throw new TypeError("a run id is 8 lower-case hex digits");
  return join(home, "runs", run);
}

/** Where a step's output is kept. */
export function stepLogFile(home: string, run: string, step: number): string {
  if (!Number.isSafeInteger(step) || step < 1) throw new TypeError("steps are counted from 1");
  return join(runFolder(home, run), `step-${step}.log`);
}
