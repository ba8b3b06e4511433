import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthority, type Attempt, type Judged } from "../../src/authority/index.ts";
import { createClock, type Clock } from "../../src/base/index.ts";
import { openDatabase } from "../../src/db/index.ts";
import { ledgerMigrations, openLedger, queryLedger, type LedgerEvent } from "../../src/ledger/index.ts";
import { operationById } from "../../src/policy/index.ts";
import { createTokenService, tokenMigrations } from "../../src/token/index.ts";

export const RUN = "00000001";

/** A state directory with the real token service, ledger and authority on it. */
export async function openWorkshop(clock: Clock = createClock()) {
  const home = mkdtempSync(join(tmpdir(), "sallyport-authority-"));
  const database = openDatabase(home, [...tokenMigrations, ...ledgerMigrations]);
  const tokens = createTokenService({ database, home, clock });
  const ledger = await openLedger({ home, database, run: RUN, clock });
  const judged: Judged[] = [];
  const authority = createAuthority({ tokens, ledger, clock, onJudged: (one) => judged.push(one) });
  return {
    home,
    database,
    clock,
    tokens,
    ledger,
    authority,
    judged,
    /** What is on disk now. */
    async written(): Promise<LedgerEvent[]> {
      const events: LedgerEvent[] = [];
      for await (const { entry } of queryLedger(home, { run: RUN })) events.push(entry.event);
      return events;
    },
    async [Symbol.asyncDispose]() {
      await ledger.close().catch(() => undefined);
      database.close();
      rmSync(home, { recursive: true });
    },
  };
}

/** An attempt at a row of the table, by the MCP door unless said otherwise. */
export function attemptAt(id: string, changes: Partial<Attempt> = {}): Attempt {
  return {
    operation: operationById(id),
    resource: { repository: "demo/shop", arguments: {}, createdByAgent: true },
    door: "mcp",
    summary: id,
    ...changes,
  };
}
