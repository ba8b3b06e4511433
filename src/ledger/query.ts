import { readdir } from "node:fs/promises";
import { SallyportError, systemErrorCode } from "../base/index.ts";
import type { Database } from "../db/index.ts";
import type { LedgerEntry } from "./chain.ts";
import { anchorOf } from "./chains.ts";
import { parseEvent, type LedgerEventType } from "./events.ts";
import { ledgerFile, ledgerFolder } from "./ledger-file.ts";
import { readLines } from "./read-lines.ts";
import { verifyFile, type Verification } from "./verify.ts";

/**
 * Verifies a run's chain against what the database knows of it. While the run is still being written, its last line may
 * be on its way and count as `torn`.
 */
export function verifyLedger(options: {
  readonly home: string;
  readonly database: Database;
  readonly run: string;
}): Promise<Verification> {
  // Read before the file, which only grows: the other way round a live chain would seem cut short.
  const anchor = anchorOf(options.database, options.run);
  return verifyFile(ledgerFile(options.home, options.run), anchor);
}

/** The lines of a run's chain as they are stored, without newlines; half a last line is left out. Throws `not-found`. */
export async function* exportLedger(options: { readonly home: string; readonly run: string }): AsyncGenerator<string> {
  try {
    for await (const { lines } of readLines(ledgerFile(options.home, options.run))) {
      for (const line of lines) yield line.toString("utf8");
    }
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") throw error;
    throw new SallyportError(
      "not-found",
      `There is no ledger of run ${options.run}; \`sallyport runs\` lists the runs.`,
    );
  }
}

/** What to look for; a member left out matches everything. Times in milliseconds since the epoch, `until` exclusive. */
export type LedgerQuery = {
  readonly run?: string;
  readonly types?: readonly LedgerEventType[];
  /** Only decisions about, and ends of, this operation. */
  readonly operation?: string;
  /** Only decisions that allowed, or that refused. */
  readonly allow?: boolean;
  readonly since?: number;
  readonly until?: number;
};

/** Entries that match, in the order of run ids, then of the chain. It does not verify: `verifyLedger` does. */
export async function* queryLedger(
  home: string,
  query: LedgerQuery,
): AsyncGenerator<{ readonly run: string; readonly entry: LedgerEntry }> {
  const runs = query.run === undefined ? await ledgerRuns(home) : [query.run];
  for (const run of runs) {
    for await (const line of exportLedger({ home, run })) {
      const entry = parseEntry(run, line);
      if (matches(entry, query)) yield { run, entry };
    }
  }
}

async function ledgerRuns(home: string): Promise<readonly string[]> {
  try {
    const names = await readdir(ledgerFolder(home));
    return names
      .filter((name) => name.endsWith(".jsonl"))
      .map((name) => name.slice(0, -".jsonl".length))
      .sort();
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return [];
    throw error;
  }
}

function parseEntry(run: string, line: string): LedgerEntry {
  try {
    // Sound: the line is ours or was tampered with; the event, the only part that is read further, is parsed below.
    const entry = JSON.parse(line) as LedgerEntry;
    return { ...entry, event: parseEvent(entry.event) };
  } catch (cause) {
    throw new SallyportError(
      "invalid-file",
      `The ledger of run ${run} is damaged; run: sallyport audit verify ${run}`,
      {
        cause,
      },
    );
  }
}

function matches({ time, event }: LedgerEntry, query: LedgerQuery): boolean {
  if (query.types !== undefined && !query.types.includes(event.type)) return false;
  if (query.operation !== undefined && !("operation" in event && event.operation === query.operation)) return false;
  if (query.allow !== undefined && !(event.type === "decision" && event.allow === query.allow)) return false;
  return time >= (query.since ?? 0) && time < (query.until ?? Infinity);
}
