import { CLOCK_TOLERANCE } from "./claims.ts";
import type { KeyRing } from "./key-ring.ts";
import type { TokenRecords } from "./token-records.ts";

/** Milliseconds for which another process may still be about to write down what it signs with the key before. */
const GRACE = 10 * 60_000;

/** Deletes every key that signs no more and whose last token is over; returns their `kid`s. */
export function retireKeys(keys: KeyRing, records: TokenRecords, now: number): readonly string[] {
  const inUse = records.kidsInUse(now - CLOCK_TOLERANCE * 1000);
  // Some live token was signed before rows named their key: none can go until it is over.
  if (inUse.includes(null)) return [];
  const all = keys.all();
  const over = all.filter(({ kid }, at) => {
    const next = all[at + 1];
    return next !== undefined && next.writtenAt + GRACE < now && !inUse.includes(kid);
  });
  for (const key of over) keys.remove(key);
  return over.map(({ kid }) => kid);
}
