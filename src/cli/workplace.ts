import { createAgentProviders } from "../agents/index.ts";
import { createClock } from "../base/index.ts";
import { createBwrapProvider } from "../box/index.ts";
import { openDatabase } from "../db/index.ts";
import { createEmbeddedForge, createRunRecords, forgeMigrations } from "../forge/index.ts";
import { lastKnownTime, ledgerMigrations } from "../ledger/index.ts";
import type { Workplace } from "../runner/index.ts";
import { createRunStore, runsMigrations } from "../runs/index.ts";
import { createTokenService, tokenMigrations } from "../token/index.ts";
import { modelEndpoints } from "./model-endpoints.ts";
import { VERSION } from "./version.ts";

/** What commands work with: the runner's workplace, with its end. */
export type OpenWorkplace = Workplace & AsyncDisposable;

/** Opens the state directory and what stands on it; adapters are chosen here and nowhere else (design, section 6). Dispose of it at the end of the command. */
export async function openWorkplace(home: string): Promise<OpenWorkplace> {
  await using opened = new AsyncDisposableStack();
  const database = opened.use(
    openDatabase(home, [...runsMigrations, ...tokenMigrations, ...ledgerMigrations, ...forgeMigrations]),
  );
  const clock = createClock(lastKnownTime(database));
  const runs = createRunStore({ database, home, clock });
  const tokens = createTokenService({ database, home, clock });
  const forge = opened.use(createEmbeddedForge({ home, database, clock, pipelines: createRunRecords(runs) }));
  const boxes = opened.use(createBwrapProvider());
  const agents = createAgentProviders();
  const models = modelEndpoints(home);
  const owned = opened.move();
  return {
    home,
    version: VERSION,
    clock,
    database,
    runs,
    tokens,
    forge,
    boxes,
    agents,
    models,
    onFault: reportFault,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A fault that the box only saw as "something failed": for the person, without a stack unless they ask for one. */
function reportFault(fault: unknown, where: string): void {
  const text = fault instanceof Error ? fault.message : String(fault);
  process.stderr.write(`sallyport: ${where}: ${text}\n`);
  if (process.env["SALLYPORT_DEBUG"] === "1" && fault instanceof Error) process.stderr.write(`${fault.stack}\n`);
}
