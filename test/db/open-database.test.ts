import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import BetterSqlite3 from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDatabase, type Migration } from "../../src/db/index.ts";

const FIRST: Migration = { id: "a-1", up: ["create table a (x integer)", "insert into a values (1)"] };
const SECOND: Migration = { id: "b-1", up: ["create table b (y integer)"] };

let folder: string;
let home: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sallyport-db-"));
  home = join(folder, "state");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("the home", () => {
  test("is made private, and so is the database", () => {
    using database = openDatabase(join(home, "deep"), [FIRST]);
    expect(statSync(join(home, "deep")).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(join(home, "deep"))) {
      expect([name, statSync(join(home, "deep", name)).mode & 0o777]).toEqual([name, 0o600]);
    }
    expect(database.raw.pragma("journal_mode", { simple: true })).toBe("wal");
    expect(database.raw.pragma("synchronous", { simple: true })).toBe(2);
    expect(database.raw.pragma("foreign_keys", { simple: true })).toBe(1);
  });

  const UNSAFE: readonly (readonly [what: string, prepare: () => void])[] = [
    ["readable by the group", () => mkdirSync(home, { mode: 0o700 }) ?? chmodSync(home, 0o740)],
    ["enterable by others", () => mkdirSync(home, { mode: 0o700 }) ?? chmodSync(home, 0o701)],
    ["a link", () => mkdirSync(join(folder, "real"), { mode: 0o700 }) ?? symlinkSync(join(folder, "real"), home)],
    ["a link to nowhere", () => symlinkSync(join(folder, "nowhere"), home)],
    ["a file", () => writeFileSync(home, "")],
    [
      "home of a linked database",
      () => mkdirSync(home, { mode: 0o700 }) ?? symlinkSync("/dev/null", join(home, "state.db")),
    ],
    [
      "home of a database open to others",
      () =>
        mkdirSync(home, { mode: 0o700 }) ??
        writeFileSync(join(home, "state.db"), "") ??
        chmodSync(join(home, "state.db"), 0o644),
    ],
  ];
  test.each(UNSAFE)("attack 5: is refused when it is %s", (_what, prepare) => {
    prepare();
    expect(() => openDatabase(home, [FIRST])).toThrow(expect.objectContaining({ code: "state-unsafe" }));
  });

  // Only root can give a folder away.
  test.skipIf(process.geteuid?.() !== 0)("is refused when it belongs to somebody else", () => {
    mkdirSync(home, { mode: 0o700 });
    chownSync(home, 4711, 4711);
    expect(() => openDatabase(home, [FIRST])).toThrow(expect.objectContaining({ code: "state-unsafe" }));
  });

  test("with a file that is no database is a fault of the machine", () => {
    mkdirSync(home, { mode: 0o700 });
    writeFileSync(join(home, "state.db"), "garbage ".repeat(1000), { mode: 0o600 });
    expect(() => openDatabase(home, [FIRST])).toThrow(expect.objectContaining({ code: "machine-fault" }));
  });
});

describe("migrations", () => {
  test("run once, in order, and a newer program adds its own after a backup", () => {
    openDatabase(home, [FIRST]).close();
    openDatabase(home, [FIRST]).close();
    expect(backups()).toEqual([]);
    using database = openDatabase(home, [SECOND, FIRST]);
    expect(database.raw.prepare("select x from a").all()).toEqual([{ x: 1 }]);
    expect(database.raw.prepare("select y from b").all()).toEqual([]);

    const [backup = ""] = backups();
    expect(statSync(join(home, backup)).mode & 0o777).toBe(0o600);
    using copy = closing(new BetterSqlite3(join(home, backup), { readonly: true }));
    expect(copy.handle.prepare("select x from a").all()).toEqual([{ x: 1 }]);
    expect(() => copy.handle.prepare("select y from b")).toThrow("no such table");
  });

  const FOREIGN: readonly (readonly [what: string, migrations: readonly Migration[]])[] = [
    ["an unknown change", [FIRST]],
    ["no known change at all", []],
    ["a change that reads otherwise", [FIRST, { ...SECOND, up: ["create table b (z integer)"] }]],
  ];
  test.each(FOREIGN)("a state written by a newer program is refused untouched: %s", (_what, migrations) => {
    openDatabase(home, [FIRST, SECOND]).close();
    expect(() => openDatabase(home, migrations)).toThrow(expect.objectContaining({ code: "state-too-new" }));
    openDatabase(home, [FIRST, SECOND]).close();
    expect(backups()).toEqual([]);
  });

  test("leave nothing behind when one fails", () => {
    openDatabase(home, [FIRST]).close();
    const broken: Migration = { id: "c-1", up: ["create table c (x integer)", "create nonsense"] };
    expect(() => openDatabase(home, [FIRST, SECOND, broken])).toThrow(
      expect.objectContaining({ code: "machine-fault" }),
    );
    using database = openDatabase(home, [FIRST]);
    const names = database.raw.prepare("select name from sqlite_schema where name in ('b', 'c')").all();
    expect(names).toEqual([]);
  });

  test("with one id twice are a bug of the caller", () => {
    expect(() => openDatabase(home, [FIRST, FIRST])).toThrow(TypeError);
  });

  test("run once when many processes open a fresh home at the same moment", { timeout: 60_000 }, async () => {
    const program = join(import.meta.dirname, "programs/open-and-insert.ts");
    const moment = String(Date.now() + 2_500);
    const crowd = Array.from({ length: 6 }, () =>
      spawn(process.execPath, [program, home, moment], { stdio: "inherit" }),
    );
    const codes = await Promise.all(crowd.map(async (child) => (await once(child, "exit"))[0]));
    expect(codes).toEqual([0, 0, 0, 0, 0, 0]);
    using state = closing(new BetterSqlite3(join(home, "state.db")));
    expect(state.handle.prepare("select count(*) from crowd").pluck().get()).toBe(6);
    expect(state.handle.prepare("select count(*) from once").pluck().get()).toBe(1);
  });
});

test("a process that is just making the database is waited for", { timeout: 30_000 }, async () => {
  const program = join(import.meta.dirname, "programs/hold-lock.ts");
  const child = spawn(process.execPath, [program, home], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  await once(child.stdout, "data");
  using database = openDatabase(home, [FIRST]);
  expect(database.raw.prepare("select x from a").all()).toEqual([{ x: 1 }]);
  await exited;
});

describe("transactions", () => {
  type Tables = { readonly a: { readonly x: number } };

  test("commit, and roll back when the work fails", async () => {
    using database = openDatabase(home, [FIRST]);
    await database.transact<Tables, unknown>((query) => query.insertInto("a").values({ x: 2 }).execute());
    const failing = database.transact<Tables, unknown>(async (query) => {
      await query.insertInto("a").values({ x: 3 }).execute();
      throw new Error("changed my mind");
    });
    await expect(failing).rejects.toThrow("changed my mind");
    await expect(database.write(throwing)).rejects.toThrow("no");
    await expect(database.writeLazily(throwing)).rejects.toThrow("no");
    expect(await values(database)).toEqual([1, 2]);
    expect(database.raw.inTransaction).toBe(false);
  });

  test("of others wait: a write is not rolled back with somebody else's transaction", async () => {
    using database = openDatabase(home, [FIRST]);
    const gate = Promise.withResolvers<void>();
    const failing = database.transact<Tables, unknown>(async () => {
      await gate.promise;
      throw new Error("rolled back");
    });
    const written = database.write((raw) => raw.prepare("insert into a values (7)").run());
    const lazily = database.writeLazily((raw) => raw.prepare("insert into a values (8)").run());
    gate.resolve();
    await expect(failing).rejects.toThrow("rolled back");
    await Promise.all([written, lazily]);
    expect(await values(database)).toEqual([1, 7, 8]);
    expect(database.raw.pragma("synchronous", { simple: true })).toBe(2);
  });

  test("are durable, but for the lazy ones", async () => {
    using database = openDatabase(home, [FIRST]);
    const level = (raw: BetterSqlite3.Database): unknown => raw.pragma("synchronous", { simple: true });
    expect(await database.writeLazily(level)).toBe(1);
    expect(await database.write(level)).toBe(2);
    await expect(database.writeLazily(throwing)).rejects.toThrow("no");
    expect(await database.transact(() => Promise.resolve(level(database.raw)))).toBe(2);
  });

  test("are seen by a second connection at once", async () => {
    using database = openDatabase(home, [FIRST]);
    using other = openDatabase(home, [FIRST]);
    await database.writeLazily((raw) => raw.prepare("insert into a values (9)").run());
    expect(await values(other)).toEqual([1, 9]);
  });

  async function values(database: ReturnType<typeof openDatabase>): Promise<readonly number[]> {
    const rows = await database.tables<Tables>().selectFrom("a").select("x").orderBy("x").execute();
    return rows.map((row) => row.x);
  }

  function throwing(raw: BetterSqlite3.Database): never {
    raw.prepare("insert into a values (4)").run();
    throw new Error("no");
  }
});

function backups(): readonly string[] {
  return existsSync(home) ? readdirSync(home).filter((name) => name.startsWith("state-before-")) : [];
}

function closing(handle: BetterSqlite3.Database): Disposable & { readonly handle: BetterSqlite3.Database } {
  return { handle, [Symbol.dispose]: () => void handle.close() };
}
