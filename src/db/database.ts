import type BetterSqlite3 from "better-sqlite3";
import { Kysely, SqliteDialect, type SqliteDatabase, type SqliteStatement } from "kysely";

/**
 * The state's database, shared by every process that uses the same home.
 *
 * Ordinary queries go through `tables`, which is what a Postgres adapter would offer too. A transaction occupies the
 * one connection: whatever is awaited inside `transact` uses the query builder it was given, never `tables` or
 * `write`, which would wait for the transaction's own end.
 */
export interface Database extends Disposable {
  /** The query builder over a room's own tables. Each query is a transaction of its own. */
  tables<Tables>(): Kysely<Tables>;
  /** Runs `work` in one transaction that may write; commits when it resolves, rolls back when it rejects. */
  transact<Tables, Result>(work: (query: Kysely<Tables>) => Promise<Result>): Promise<Result>;
  /** The same for synchronous work with prepared statements, where a hot path needs them. */
  write<Result>(work: (raw: BetterSqlite3.Database) => Result): Promise<Result>;
  /**
   * The same without waiting for the disk: only for what may be missing after a power cut. Every process sees it at
   * once, a crash of this one does not lose it, and the next `write` brings it to disk too.
   */
  writeLazily<Result>(work: (raw: BetterSqlite3.Database) => Result): Promise<Result>;
  /**
   * The SQLite handle, to prepare statements. Reads may run at any time; writes only inside `write`, since elsewhere
   * they would join whatever transaction is open and be rolled back with it.
   */
  readonly raw: BetterSqlite3.Database;
  /** Ends its use. Safe to call more than once. */
  close(): void;
}

/** Statements of the query builder that are kept; far more than all rooms have together. */
const STATEMENT_LIMIT = 512;

/**
 * The handle as the query builder uses it, which compiles each query to text anew: to prepare that text again takes longer
 * than to run it. A statement that is being iterated is busy, so only `all` and `run` may share one: nothing here streams.
 */
function keepingStatements(raw: BetterSqlite3.Database): SqliteDatabase {
  const kept = new Map<string, SqliteStatement>();
  return {
    close: () => raw.close(),
    prepare(sql) {
      const known = kept.get(sql);
      if (known !== undefined) return known;
      const statement = raw.prepare(sql);
      if (kept.size >= STATEMENT_LIMIT) kept.clear();
      kept.set(sql, statement);
      return statement;
    },
  };
}

/** Wraps an open handle, whose schema is current. */
export function databaseOver(raw: BetterSqlite3.Database): Database {
  const kysely = new Kysely<unknown>({ dialect: new SqliteDialect({ database: keepingStatements(raw) }) });
  // IMMEDIATE takes the write lock at once: a deferred transaction that turns to writing later fails without waiting
  // when another process wrote in between (SQLITE_BUSY_SNAPSHOT).
  const begin = raw.prepare("begin immediate");
  const commit = raw.prepare("commit");
  const rollback = raw.prepare("rollback");

  function transact<Tables, Result>(work: (query: Kysely<Tables>) => Promise<Result>): Promise<Result> {
    return kysely.connection().execute(async (connection) => {
      begin.run();
      try {
        // Sound: the type parameter only names the caller's tables; the builder itself knows none.
        const result = await work(connection as unknown as Kysely<Tables>);
        commit.run();
        return result;
      } catch (error) {
        if (raw.inTransaction) rollback.run();
        throw error;
      }
    });
  }

  function write<Result>(work: (raw: BetterSqlite3.Database) => Result): Promise<Result> {
    return transact(async () => work(raw));
  }

  function writeLazily<Result>(work: (raw: BetterSqlite3.Database) => Result): Promise<Result> {
    return kysely.connection().execute(async () => {
      // Nothing else can write in between: this holds the one connection and does not await. Not prepared statements:
      // SQLite obeys this pragma when it compiles it, not when it runs.
      raw.exec("pragma synchronous = NORMAL");
      try {
        begin.run();
        const result = work(raw);
        commit.run();
        return result;
      } finally {
        if (raw.inTransaction) rollback.run();
        raw.exec("pragma synchronous = FULL");
      }
    });
  }

  function close(): void {
    raw.close();
  }

  return {
    raw,
    // Sound: as above, the type parameter is the caller's claim about its own tables.
    tables: <Tables>() => kysely as unknown as Kysely<Tables>,
    transact,
    write,
    writeLazily,
    close,
    [Symbol.dispose]: close,
  };
}
