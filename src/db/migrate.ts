import { createHash } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import BetterSqlite3 from "better-sqlite3";
import { randomHex, SallyportError } from "../base/index.ts";
import type { Migration } from "./migration.ts";

const APPLIED_TABLE = `create table applied_migrations (
  id text primary key,
  digest text not null,
  applied_at integer not null
)`;

/** Brings the schema up to `migrations`, in their order, in one transaction, once, however many processes try at once. */
export function migrate(raw: BetterSqlite3.Database, home: string, migrations: readonly Migration[]): void {
  assertDistinct(migrations);
  if (missingFrom(raw, migrations).length === 0) return;
  raw
    .transaction(() => {
      // Another process may have done it while this one waited for the lock.
      const missing = missingFrom(raw, migrations);
      if (missing.length === 0) return;
      if (hasTables(raw)) backUp(raw.name, home);
      else raw.exec(APPLIED_TABLE);
      const record = raw.prepare("insert into applied_migrations (id, digest, applied_at) values (?, ?, ?)");
      for (const migration of missing) {
        for (const statement of migration.up) raw.prepare(statement).run();
        record.run(migration.id, digestOfMigration(migration), Date.now());
      }
    })
    .immediate();
}

/** The migrations not yet applied. Refuses a state that holds one which this program does not have. */
function missingFrom(raw: BetterSqlite3.Database, migrations: readonly Migration[]): readonly Migration[] {
  const applied = appliedMigrations(raw);
  const known = new Map(migrations.map((migration) => [migration.id, migration]));
  for (const [id, digest] of applied) {
    const migration = known.get(id);
    if (migration === undefined || digestOfMigration(migration) !== digest) throw tooNew(raw.name, id);
  }
  return migrations.filter((migration) => !applied.has(migration.id));
}

function appliedMigrations(raw: BetterSqlite3.Database): ReadonlyMap<string, string> {
  if (!hasTables(raw)) return new Map();
  const rows = raw.prepare<[], { id: string; digest: string }>("select id, digest from applied_migrations").all();
  return new Map(rows.map((row) => [row.id, row.digest]));
}

function hasTables(raw: BetterSqlite3.Database): boolean {
  return raw.prepare("select 1 from sqlite_schema limit 1").get() !== undefined;
}

/**
 * Writes the state as it was to `home/state-before-<time>-<random>.db`. Runs while the caller holds the write lock, on
 * a second connection, because `VACUUM INTO` may not run inside a transaction: nothing can change in between.
 */
function backUp(file: string, home: string): void {
  const time = new Date().toISOString().replaceAll(/[-:]|\..*/g, "");
  const backup = join(home, `state-before-${time}-${randomHex(4)}.db`);
  // VACUUM INTO accepts a file that exists and is empty; made here so that it is private from the start.
  closeSync(openSync(backup, "wx", 0o600));
  const reader = new BetterSqlite3(file, { readonly: true });
  try {
    reader.prepare("vacuum into ?").run(backup);
  } finally {
    reader.close();
  }
}

function assertDistinct(migrations: readonly Migration[]): void {
  const ids = new Set(migrations.map((migration) => migration.id));
  if (ids.size !== migrations.length) throw new TypeError("two migrations have the same id");
}

function digestOfMigration(migration: Migration): string {
  return createHash("sha256").update(migration.up.join("\n;\n")).digest("hex");
}

function tooNew(file: string, id: string): SallyportError {
  return new SallyportError(
    "state-too-new",
    `${file} was written by another version of sallyport (its change ${id} is unknown here); update sallyport, or set SALLYPORT_HOME to another folder.`,
    { details: { migration: id } },
  );
}
