import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, chmodSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createClock, Secret } from "../../src/base/index.ts";
import { openDatabase, type Database } from "../../src/db/index.ts";
import {
  exportLedger,
  lastKnownTime,
  ledgerMigrations,
  openLedger,
  queryLedger,
  verifyLedger,
  type Ledger,
  type LedgerEntry,
  type LedgerEvent,
} from "../../src/ledger/index.ts";

const RUN = "7f3a0c11";
const DENIED: LedgerEvent = {
  type: "decision",
  step: 1,
  item: "1",
  operation: "createPullRequest",
  door: "mcp",
  tool: "createPullRequest",
  summary: 'createPullRequest "Totally harmless"',
  writes: true,
  allow: false,
  gate: "scope",
  reason: "needs write:pullrequest:bitbucket",
  needs: { scopes: ["write:pullrequest:bitbucket"] },
};

let home: string;
let database: Database;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "sallyport-ledger-"));
  database = openDatabase(home, ledgerMigrations);
});
afterEach(async () => {
  database.close();
  await rm(home, { recursive: true, force: true });
});

const open = (run = RUN): Promise<Ledger> => openLedger({ home, database, run, clock: createClock() });
const verify = (run = RUN): ReturnType<typeof verifyLedger> => verifyLedger({ home, database, run });
const file = (run = RUN): string => join(home, "ledger", `${run}.jsonl`);
const notice = (words: string): LedgerEvent => ({ type: "notice", step: null, text: words });
const stored = (): string => readFileSync(file(), "utf8");

describe("append", () => {
  test("rule 14: a durable entry is in the file when the call resolves", async () => {
    await using ledger = await open();
    const entry = await ledger.append(DENIED, { durable: true });
    expect(entry).toMatchObject({ seq: 1, previous: "0".repeat(64), event: DENIED });
    expect(JSON.parse(stored())).toEqual(entry);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
  });

  test("rule 14: any other is there soon by itself, and before close", async () => {
    const ledger = await open();
    await ledger.append(notice("a read"), { durable: false });
    expect(stored()).toBe("");
    await vi.waitFor(() => expect(stored()).toContain("a read"));
    await ledger.append(notice("a last one"), { durable: false });
    await ledger.close();
    expect(stored()).toContain("a last one");
    expect(await verify()).toMatchObject({ ok: true, entries: 2 });
  });

  test("keeps the order of the calls, whatever is durable, with many writers", async () => {
    await using ledger = await open();
    const seen: number[] = [];
    ledger.onEntry(({ seq }) => seen.push(seq));
    const appended = Array.from({ length: 3_000 }, (_, number) =>
      ledger.append(notice(`n${number}`), { durable: number % 3 === 0 }),
    );
    const entries = await Promise.all(appended);
    await ledger.close();
    const numbers = Array.from({ length: 3_000 }, (_, number) => number + 1);
    expect(entries.map(({ seq }) => seq)).toEqual(numbers);
    expect(seen).toEqual(numbers);
    const read = (await gather(exportLedger({ home, run: RUN }))).map((line) => JSON.parse(line) as LedgerEntry);
    expect(read).toEqual(entries);
    expect(await verify()).toMatchObject({ ok: true, entries: 3_000 });
  });

  test("takes its clock's time, and reports the last known one to the next clock (attack 34)", async () => {
    const ledger = await openLedger({ home, database, run: RUN, clock: { now: () => 5_000_000 } });
    await ledger.append(notice("late"), { durable: true });
    await ledger.close();
    expect(lastKnownTime(database)).toBe(5_000_000);
  });

  const NO_EVENTS: readonly (readonly [string, unknown])[] = [
    ["attack 5: a secret in a field", { ...DENIED, summary: new Secret("hunter2-hunter2") }],
    [
      "attack 5: a secret inside a grant",
      {
        type: "grant.made",
        step: 1,
        item: "1",
        digest: "0".repeat(64),
        grant: { token: new Secret("hunter2-hunter2") },
      },
    ],
    ["attack 5: a field that the schema does not have", { ...DENIED, token: "hunter2-hunter2" }],
    ["an unknown kind", { type: "hunter2-hunter2" }],
    ["an unknown gate", { ...DENIED, gate: "hunter2-hunter2" }],
    ["a function", { ...DENIED, summary: () => "hunter2-hunter2" }],
    ["nothing", undefined],
  ];
  test.each(NO_EVENTS)("refuses %s without quoting it, and writes nothing", async (_what, event) => {
    await using ledger = await open();
    // Sound: the test passes what the types forbid.
    const error = await ledger.append(event as LedgerEvent, { durable: true }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).not.toContain("hunter2");
    await ledger.append(notice("next"), { durable: true });
    expect(await verify()).toMatchObject({ ok: true, entries: 1 });
  });

  test("attack 27: cuts what an agent made long, and keeps what it made strange", async () => {
    await using ledger = await open();
    await ledger.append({ ...DENIED, summary: "x".repeat(1 << 20) }, { durable: true });
    await ledger.append({ ...DENIED, summary: '\n","hash":"\u2028\0\ud800' }, { durable: true });
    expect(stored().length).toBeLessThan(5_000);
    expect(await verify()).toMatchObject({ ok: true, entries: 2 });
  });

  test("after close is a bug of the caller", async () => {
    const ledger = await open();
    await ledger.close();
    await ledger.close();
    await expect(ledger.append(notice("late"), { durable: true })).rejects.toThrow(TypeError);
  });

  test.each(["../escape", "", "A", "a/b", "a\0", ".hidden"])("refuses %j as a run", async (run) => {
    await expect(open(run)).rejects.toThrow(TypeError);
  });
});

describe("a chain that goes on", () => {
  test("continues where it was closed", async () => {
    for (const words of ["one", "two", "three"]) {
      await using ledger = await open();
      await ledger.append(notice(words), { durable: false });
    }
    expect(await verify()).toMatchObject({ ok: true, entries: 3 });
  });

  test("has one writer: a second is refused, here and in another process", { timeout: 30_000 }, async () => {
    const ledger = await open();
    await expect(open()).rejects.toMatchObject({ code: "refused" });
    expect(await text(append(RUN, 1, "close").stdout)).toBe("refused\n");
    await using other = await open("00000000");
    await other.append(notice("another run's chain is not in the way"), { durable: true });
    await ledger.append(notice("still ours"), { durable: true });
    await ledger.close();
    expect(await text(append(RUN, 1, "close").stdout)).toBe("open\n3\n");
    expect(await verify()).toMatchObject({ ok: true, entries: 3 });
  });

  test("loses nothing durable to kill -9, and is taken over", { timeout: 30_000 }, async () => {
    const child = append(RUN, 0);
    const exited = once(child, "exit");
    let last = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      last = Math.max(last, Number(line) || 0);
      if (last >= 100) child.kill("SIGKILL");
    }
    await exited;
    await using ledger = await open();
    await ledger.append({ type: "run.interrupted", reason: "its process was killed" }, { durable: true });
    const entries = (await gather(queryLedger(home, { run: RUN, types: ["notice"] }))).map(({ entry }) => entry.seq);
    expect(entries).toContain(last);
    expect(await verify()).toMatchObject({ ok: true });
  });

  test("a torn tail is reported, then cut off and recorded", async () => {
    await writeTwo();
    await reopenWithoutClosing();
    appendFileSync(file(), '{"seq":3,"time":17');
    expect(await verify()).toMatchObject({ ok: false, line: 3, reason: "torn" });
    await using ledger = await open();
    await ledger.append(notice("after"), { durable: true });
    const last = (await gather(queryLedger(home, { run: RUN }))).slice(2).map(({ entry }) => entry.event);
    expect(last).toEqual([
      { type: "ledger.recovered", droppedBytes: 18, droppedDigest: expect.stringMatching(/^[0-9a-f]{64}$/) },
      notice("after"),
    ]);
    expect(await verify()).toMatchObject({ ok: true, entries: 4 });
  });

  test("attack 5: a file that others may read is not written to", async () => {
    await writeTwo();
    chmodSync(file(), 0o644);
    await expect(open()).rejects.toMatchObject({ code: "state-unsafe" });
  });

  test("a long one is known to reach far before it is closed", { timeout: 30_000 }, async () => {
    await using ledger = await open();
    for (let number = 0; number < 2_500; number += 1)
      await ledger.append(notice("n"), { durable: number % 500 === 499 });
    // What was there is gone although the chain was never closed: as an attacker would leave it after a kill -9.
    truncateSync(file(), twoLines());
    expect(await verify()).toMatchObject({ ok: false, line: 3, reason: "truncated" });
  });

  const TAMPERED: readonly (readonly [reason: string, tamper: () => void])[] = [
    ["edited", () => writeFileSync(file(), stored().replace("two", "owt"))],
    ["removed", () => writeFileSync(file(), stored().replace(/^.*\n/, ""))],
    ["truncated", () => writeFileSync(file(), stored().replace(/\n.*\n$/, "\n"))],
    ["truncated", () => truncateSync(file(), 10)],
    ["truncated", () => truncateSync(file(), 0)],
    ["inserted", () => appendFileSync(file(), stored().split("\n")[0] + "\n")],
  ];
  test.each(TAMPERED)("that was %s is reported, and is written no further", async (reason, tamper) => {
    await writeTwo();
    tamper();
    const before = stored();
    expect(await verify()).toMatchObject({ ok: false, reason });
    await expect(open()).rejects.toMatchObject({ code: "state-unsafe", details: { reason } });
    await expect(open()).rejects.toMatchObject({ code: "state-unsafe" });
    expect(stored()).toBe(before);
    expect(await verify()).toMatchObject({ ok: false, reason });
  });

  test("attack 28: a link in its place is not followed", async () => {
    await using other = await open("00000000");
    await other.append(notice("elsewhere"), { durable: true });
    symlinkSync(file("00000000"), file());
    await expect(open()).rejects.toMatchObject({ code: "state-unsafe" });
    expect(await verify("00000000")).toMatchObject({ ok: true, entries: 1 });
  });
});

describe("a disk that is full", () => {
  test("fails closed: the append and all later ones reject, and no half line stays", { timeout: 60_000 }, async () => {
    // 600 KiB for any file of this process; node ignores SIGXFSZ, so that the write fails as on a full disk.
    const program = join(import.meta.dirname, "programs/append-until-full.ts");
    const limited = 'ulimit -f 600; exec "$@"';
    const child = spawn("bash", ["-c", limited, "bash", process.execPath, program, home, RUN], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const { durable, codes } = JSON.parse(await text(child.stdout));
    expect(codes).toEqual(Array(5).fill("machine-fault"));
    expect(durable).toBeGreaterThan(100);
    expect(await verify()).toMatchObject({ ok: true, entries: durable });
    await using ledger = await open();
    await ledger.append(notice("there is room again"), { durable: true });
    expect(await verify()).toMatchObject({ ok: true, entries: durable + 1 });
  });
});

describe("reading", () => {
  test("finds entries of all runs by what they are", async () => {
    for (const run of ["00000001", "00000002"]) {
      await using ledger = await open(run);
      await ledger.append(DENIED, { durable: false });
      await ledger.append({ ...DENIED, allow: true, gate: null, reason: null, needs: null }, { durable: false });
      await ledger.append(notice("x"), { durable: false });
    }
    const count = async (query: Parameters<typeof queryLedger>[1]): Promise<number> =>
      (await gather(queryLedger(home, query))).length;
    expect(await count({})).toBe(6);
    expect(await count({ run: "00000001" })).toBe(3);
    expect(await count({ types: ["notice"] })).toBe(2);
    expect(await count({ operation: "createPullRequest" })).toBe(4);
    expect(await count({ operation: "createPullRequest", allow: false })).toBe(2);
    expect(await count({ until: 1 })).toBe(0);
  });

  test("says so when there is nothing", async () => {
    await expect(gather(exportLedger({ home, run: RUN }))).rejects.toMatchObject({ code: "not-found" });
    expect(await gather(queryLedger(home, {}))).toEqual([]);
  });

  test("a run whose whole file is gone is truncated", async () => {
    await writeTwo();
    await rm(file());
    expect(await verify()).toMatchObject({ ok: false, line: 1, reason: "truncated" });
  });
});

async function gather<Value>(values: AsyncIterable<Value>): Promise<readonly Value[]> {
  const gathered: Value[] = [];
  for await (const value of values) gathered.push(value);
  return gathered;
}

async function writeTwo(): Promise<void> {
  await using ledger = await open();
  await ledger.append(notice("one"), { durable: false });
  await ledger.append(notice("two"), { durable: false });
}

/** Leaves the chain open, as a process that was killed at once after opening it. */
async function reopenWithoutClosing(): Promise<void> {
  const child = append(RUN, 0);
  await once(createInterface({ input: child.stdout }), "line");
  child.kill("SIGSTOP");
  const size = statSync(file()).size;
  child.kill("SIGKILL");
  await once(child, "exit");
  truncateSync(file(), Math.min(size, twoLines()));
}

function twoLines(): number {
  return Buffer.byteLength(stored().split("\n").slice(0, 2).join("\n")) + 1;
}

function append(run: string, count: number, ending = ""): ChildProcess & { readonly stdout: NodeJS.ReadableStream } {
  const program = join(import.meta.dirname, "programs/append.ts");
  const child = spawn(process.execPath, [program, home, run, String(count), ending], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  return child;
}
