import { closeSync, constants, lstatSync, openSync } from "node:fs";
import { join } from "node:path";
import BetterSqlite3 from "better-sqlite3";
import { assertPrivate, ensurePrivateFolder, SallyportError, systemErrorCode } from "../base/index.ts";
import { databaseOver, type Database } from "./database.ts";
import { migrate } from "./migrate.ts";
import type { Migration } from "./migration.ts";

/** How long one process waits for another's transaction, in milliseconds. */
const BUSY_TIMEOUT = 10_000;

/**
 * Opens `home/state.db`, making both when they are missing, and brings the schema up to `migrations` (a backup comes
 * first). Several processes may do so at the same moment.
 *
 * Throws `SallyportError`: `state-unsafe` when the home or the file is a link, someone else's, or open to others;
 * `state-too-new` when a newer program has written the state; `machine-fault` when the file is damaged or unwritable.
 */
export function openDatabase(home: string, migrations: readonly Migration[]): Database {
  ensurePrivateFolder(home);
  const file = join(home, "state.db");
  ensurePrivateFile(file);
  let raw: BetterSqlite3.Database | undefined;
  try {
    raw = new BetterSqlite3(file, { timeout: BUSY_TIMEOUT });
    configure(raw);
    migrate(raw, home, migrations);
    return databaseOver(raw);
  } catch (error) {
    raw?.close();
    if (error instanceof SallyportError || error instanceof TypeError) throw error;
    const code = systemErrorCode(error) ?? "unknown";
    throw new SallyportError(
      "machine-fault",
      `${file} cannot be used (${code}); check the disk, or restore a backup.`,
      {
        cause: error,
      },
    );
  }
}

/** SQLite gives its `-wal` and `-shm` files the mode of the database itself, so that mode is set before anything is written. */
function ensurePrivateFile(file: string): void {
  try {
    closeSync(openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600));
  } catch (error) {
    if (systemErrorCode(error) === "ELOOP") {
      throw new SallyportError("state-unsafe", `${file} is a symbolic link; move it away.`);
    }
    throw new SallyportError("machine-fault", `${file} cannot be opened; check its permissions and the disk.`, {
      cause: error,
    });
  }
  assertPrivate(file, lstatSync(file));
}

function configure(raw: BetterSqlite3.Database): void {
  switchToWal(raw);
  // FULL: a committed revocation survives a power cut (attack 33); WAL's own default would only survive a crash. So does
  // what the forge answered to a write: the ledger holds a decision, not the row, and could not make it again.
  raw.pragma("synchronous = FULL");
  raw.pragma("foreign_keys = ON");
  raw.pragma("trusted_schema = OFF");
}

/**
 * Turning the journal mode needs the file for oneself and does not wait for the busy timeout
 * (https://www.sqlite.org/wal.html, "activating"), so two processes on a fresh home would trip over each other.
 */
function switchToWal(raw: BetterSqlite3.Database): void {
  const deadline = Date.now() + BUSY_TIMEOUT;
  for (;;) {
    try {
      if (raw.pragma("journal_mode = WAL", { simple: true }) === "wal") return;
    } catch (error) {
      if (!(systemErrorCode(error) ?? "").startsWith("SQLITE_BUSY")) throw error;
    }
    if (Date.now() > deadline) {
      throw new SallyportError("machine-fault", `${raw.name} stays locked by another process; end it and try again.`);
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
}
