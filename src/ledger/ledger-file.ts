import { join } from "node:path";

/** Where a run's chain is. Throws `TypeError` for an id that could lead out of the folder. */
export function ledgerFile(home: string, run: string): string {
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(run)) throw new TypeError("a run id is lower-case letters, digits and hyphens");
  return join(ledgerFolder(home), `${run}.jsonl`);
}

export function ledgerFolder(home: string): string {
  return join(home, "ledger");
}
