import { createClock } from "../../src/base/index.ts";
import { openDatabase } from "../../src/db/index.ts";
import { createEmbeddedForge, forgeMigrations, type EmbeddedForge } from "../../src/forge/index.ts";
import { lastKnownTime, ledgerMigrations } from "../../src/ledger/index.ts";
import { runsMigrations } from "../../src/runs/index.ts";
import { createTokenService, tokenMigrations, type TokenService } from "../../src/token/index.ts";

/** Rooms opened on a state directory by this process, beside the program's own: what is really in there. */
export type Rooms = { readonly forge: EmbeddedForge; readonly tokens: TokenService };

/** Opens them for as long as `work` takes. */
export async function withRooms<Result>(home: string, work: (rooms: Rooms) => Promise<Result>): Promise<Result> {
  await using opened = new AsyncDisposableStack();
  const database = opened.use(
    openDatabase(home, [...runsMigrations, ...tokenMigrations, ...ledgerMigrations, ...forgeMigrations]),
  );
  const clock = createClock(lastKnownTime(database));
  const forge = opened.use(createEmbeddedForge({ home, database, clock }));
  return await work({ forge, tokens: createTokenService({ database, home, clock }) });
}
