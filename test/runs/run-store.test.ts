import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync, symlinkSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createClock } from "../../src/base/index.ts";
import { openDatabase, type Database } from "../../src/db/index.ts";
import { createRunStore, runsMigrations, type RunStore } from "../../src/runs/index.ts";
import { openStepLog } from "../../src/runs/step-log.ts";

let home: string;
let database: Database;
let runs: RunStore;
const children: ChildProcess[] = [];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "sallyport-runs-"));
  database = openDatabase(home, runsMigrations);
  runs = createRunStore({ database, home, clock: createClock() });
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  database.close();
  await rm(home, { recursive: true, force: true });
});

const NEW = { selector: "custom/analyse-pr", repository: "demo/shop", details: { commit: "9c1e2d4", pullRequest: 1 } };

describe("a run", () => {
  test("goes from queued to its end, with its steps", async () => {
    const { id } = await runs.create(NEW);
    expect(id).toMatch(/^[0-9a-f]{8}$/);
    expect(await runs.get(id)).toMatchObject({ ...NEW, state: "queued", startedAt: null, owner: { pid: process.pid } });
    expect(await runs.start(id)).toBe(true);
    await runs.startStep(id, 1, "build");
    await runs.endStep(id, 1, "passed", 0);
    await runs.startStep(id, 2, "analyse");
    await runs.endStep(id, 2, "failed", 7);
    expect(await runs.end(id, "failed", 1)).toBe(true);
    expect(await runs.get(id)).toMatchObject({ state: "failed", exitCode: 1, endedAt: expect.any(Number) });
    expect(await runs.steps(id)).toMatchObject([
      { number: 1, name: "build", state: "passed", exitCode: 0 },
      { number: 2, name: "analyse", state: "failed", exitCode: 7 },
    ]);
    expect(statSync(runs.folder(id)).mode & 0o777).toBe(0o700);
  });

  test("ends once: a later end changes nothing, and it does not start again", async () => {
    const { id } = await runs.create(NEW);
    expect(await runs.end(id, "refused", 4)).toBe(true);
    expect(await runs.end(id, "passed", 0)).toBe(false);
    expect(await runs.start(id)).toBe(false);
    expect(await runs.get(id)).toMatchObject({ state: "refused", exitCode: 4 });
  });

  test("takes its open steps with it", async () => {
    const { id } = await runs.create(NEW);
    await runs.startStep(id, 1, "cut short");
    await runs.end(id, "cancelled", 130);
    expect(await runs.steps(id)).toMatchObject([{ state: "cancelled", exitCode: null }]);
  });

  test("is found by the start of its id, and listed newest first", async () => {
    const made = [await runs.create(NEW), await runs.create(NEW), await runs.create(NEW)];
    const { id } = await runs.find(made[1]?.id.slice(0, 7) ?? "");
    expect(id).toBe(made[1]?.id);
    await runs.end(id, "passed", 0);
    expect((await runs.list({ states: ["passed"] })).map((run) => run.id)).toEqual([id]);
    expect(await runs.list({ limit: 2 })).toHaveLength(2);
    for (const wrong of ["", "abc", "%", "____", "ffff%", "../../x", "7F3A"]) {
      await expect(runs.find(wrong)).rejects.toMatchObject({ code: "not-found" });
    }
  });

  test("is ambiguous when several match", async () => {
    const { id } = await runs.create(NEW);
    const twin = `${id.slice(0, 4)}${id.slice(4) === "0000" ? "1111" : "0000"}`;
    database.raw
      .prepare(
        "insert into runs select ?, state, selector, repository, details, created_at, started_at, ended_at, exit_code, owner_pid, owner_start, cancel_requested_at from runs",
      )
      .run(twin);
    await expect(runs.find(id.slice(0, 4))).rejects.toMatchObject({ code: "usage" });
  });

  test.each(["../../etc", "", "7f3a", "7F3A0C11"])("with the id %j has no folder", (id) => {
    expect(() => runs.folder(id)).toThrow(TypeError);
  });
});

describe("an interrupted run", () => {
  test("is one whose process was killed; its own number used again does not hide it", { timeout: 30_000 }, async () => {
    const { child, id } = await ownRun();
    const mine = await runs.create(NEW);
    expect(await runs.findInterrupted()).toEqual([]);
    expect(await runs.markInterrupted(id)).toBe(false);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect((await runs.findInterrupted()).map((run) => run.id)).toEqual([id]);
    // This very process has the number now, but it started at another time.
    database.raw.prepare("update runs set owner_pid = ? where id = ?").run(process.pid, id);
    expect((await runs.findInterrupted()).map((run) => run.id)).toEqual([id]);
    expect(await runs.markInterrupted(id)).toBe(true);
    expect(await runs.markInterrupted(id)).toBe(false);
    expect(await runs.get(id)).toMatchObject({ state: "interrupted", exitCode: 130 });
    expect(await runs.steps(id)).toMatchObject([{ state: "interrupted" }]);
    expect(await runs.get(mine.id)).toMatchObject({ state: "queued" });
  });

  test("is marked by one of several processes that try at once", { timeout: 60_000 }, async () => {
    const owned = [await ownRun(), await ownRun()];
    for (const { child } of owned) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    const printed = await Promise.all(Array.from({ length: 4 }, () => text(start("mark-interrupted.ts").stdout)));
    expect(printed.join("").trim().split("\n").toSorted()).toEqual(owned.map(({ id }) => id).toSorted());
  });
});

describe("cancelling", () => {
  test("reaches the owner in another process", { timeout: 30_000 }, async () => {
    const { child, id } = await ownRun();
    expect(await runs.isCancelRequested(id)).toBe(false);
    const owner = await runs.requestCancel(id);
    expect(owner?.pid).toBe(child.pid);
    child.kill("SIGINT");
    await once(child, "exit");
    expect(await runs.get(id)).toMatchObject({ state: "cancelled", cancelRequestedAt: expect.any(Number) });
    expect(await runs.requestCancel(id)).toBeNull();
  });

  test("of a run whose owner is gone asks nobody", { timeout: 30_000 }, async () => {
    const { child, id } = await ownRun();
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await runs.requestCancel(id)).toBeNull();
    expect(await runs.isCancelRequested(id)).toBe(false);
  });

  test("of a run that has ended asks nobody, though its process lives on", async () => {
    const { id } = await runs.create(NEW);
    expect(await runs.requestCancel(id)).toMatchObject({ pid: process.pid });
    await runs.end(id, "passed", 0);
    expect(await runs.requestCancel(id)).toBeNull();
  });

  test("an unknown run is said to be unknown", async () => {
    await expect(runs.requestCancel("00000000")).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("a step's log", () => {
  test("is private, appended to, and read back", async () => {
    const { id } = await runs.create(NEW);
    await expect(gather(runs.readLog(id, 1))).rejects.toMatchObject({ code: "not-found" });
    for (const part of ["one\n", "two\n"]) {
      using log = runs.openLog(id, 1);
      log.write(Buffer.from(part));
    }
    expect(await gather(runs.readLog(id, 1))).toBe("one\ntwo\n");
    expect(statSync(join(runs.folder(id), "step-1.log")).mode & 0o777).toBe(0o600);
  });

  test("attack 27: ends at its limit, and says so once", async () => {
    const file = join(home, "small.log");
    for (const chunks of [["12345", "67890", "x", "y"], ["z"]]) {
      using log = openStepLog(file, 10);
      for (const chunk of chunks) log.write(Buffer.from(chunk));
    }
    expect(readFileSync(file, "utf8")).toBe("1234567890\n[sallyport: the log ends here, at its limit of 10 bytes]\n");
  });

  test("attack 28: a link in its place is not followed", async () => {
    const { id } = await runs.create(NEW);
    symlinkSync(join(home, "elsewhere"), join(runs.folder(id), "step-1.log"));
    expect(() => runs.openLog(id, 1)).toThrow(expect.objectContaining({ code: "machine-fault" }));
  });

  test("is followed from before its start to its end", async () => {
    const { id } = await runs.create(NEW);
    const followed = gather(runs.followLog(id, 1));
    await runs.startStep(id, 1, "talk");
    using log = runs.openLog(id, 1);
    for (let number = 0; number < 5; number += 1) {
      log.write(Buffer.from(`line ${number}\n`));
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    log.write(Buffer.from("last words\n"));
    await runs.endStep(id, 1, "passed", 0);
    expect(await followed).toBe("line 0\nline 1\nline 2\nline 3\nline 4\nlast words\n");
  });

  test("is followed until the follower leaves", async () => {
    const { id } = await runs.create(NEW);
    using log = runs.openLog(id, 1);
    log.write(Buffer.from("something\n"));
    const leaving = new AbortController();
    for await (const chunk of runs.followLog(id, 1, leaving.signal)) {
      expect(chunk.toString()).toBe("something\n");
      leaving.abort();
    }
  });
});

async function gather(chunks: AsyncIterable<Buffer>): Promise<string> {
  const gathered: Buffer[] = [];
  for await (const chunk of chunks) gathered.push(chunk);
  return Buffer.concat(gathered).toString("utf8");
}

async function ownRun(): Promise<{ readonly child: ChildProcess; readonly id: string }> {
  const child = start("own-run.ts");
  const [line] = await once(child.stdout, "data");
  return { child, id: String(line).trim() };
}

function start(program: string): ReturnType<typeof spawn> & { readonly stdout: NodeJS.ReadableStream } {
  const child = spawn(process.execPath, [join(import.meta.dirname, "programs", program), home], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  return child;
}
