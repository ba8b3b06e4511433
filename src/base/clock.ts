import { performance } from "node:perf_hooks";

/**
 * Time for everything that expires. Unit: milliseconds.
 *
 * `now()` is wall time since the epoch that cannot run backwards inside this process: it is the start's wall time plus
 * a monotonic difference, so setting the system clock back does not extend a token (attack 34).
 */
export interface Clock {
  now(): number;
}

/** The machine's clock. `notBefore` is the last time known to have passed, such as a ledger's last entry. */
export function createClock(notBefore = 0): Clock {
  const startWall = Math.max(Date.now(), notBefore);
  const startMonotonic = performance.now();
  return { now: () => Math.floor(startWall + (performance.now() - startMonotonic)) };
}
