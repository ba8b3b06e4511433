import { spawnSync, type ChildProcess } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import BetterSqlite3 from "better-sqlite3";
import { expect, test, vi } from "vitest";
import { openWorkplace } from "../../src/cli/workplace.ts";
import { endOf, makePlace, oneStep, runOf, type Place } from "./place.ts";

const FILE = "bitbucket-pipelines.yml";

/** Starts a run and waits until its script says that it is there. */
async function startAndWait(
  place: Place,
  word: string,
): Promise<{ readonly child: ChildProcess; readonly ended: ReturnType<typeof endOf> }> {
  const child = place.start("run", "custom/work");
  const ended = endOf(child);
  await new Promise<void>((resolve, reject) => {
    let text = "";
    child.stderr?.on("data", (chunk: string) => {
      text += chunk;
      // Not the line that is printed before the command runs.
      if (new RegExp(`^(?!.*\\+ ).*${word}`, "mu").test(text)) resolve();
    });
    child.on("close", () => reject(new Error(`it ended early: ${text}`)));
  });
  return { child, ended };
}

/** Processes of the host whose command line holds a marker. */
function processesWith(marker: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/u.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(marker);
      } catch {
        return false;
      }
    });
}

/** Control groups of a run's boxes, wherever this machine has them. */
function cgroupsOf(run: string): string[] {
  const { stdout } = spawnSync("find", ["/sys/fs/cgroup", "-type", "d", "-name", `${run}-*`], { encoding: "utf8" });
  return stdout.split("\n").filter(Boolean);
}

/** The program itself: the launcher may have started another Node. */
function programOf(child: ChildProcess): number {
  const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8")
    .trim()
    .split(" ")
    .filter(Boolean);
  const node = children.find((pid) => readlinkSync(`/proc/${pid}/exe`).includes("node"));
  const isLauncher = readFileSync(`/proc/${child.pid}/cmdline`, "utf8").includes("sallyport") && node !== undefined;
  const cmdline = node === undefined ? "" : readFileSync(`/proc/${node}/cmdline`, "utf8");
  return isLauncher && cmdline.includes("sallyport") ? Number(node) : (child.pid ?? 0);
}

test("attack 26: kill -9 in mid-step: no process survives, the run counts as interrupted, its tokens are dead, the ledger verifies", async () => {
  const marker = `98765.${process.pid}`;
  using place = makePlace({
    [FILE]: oneStep([`(setsid sleep ${marker} &) ; sleep ${marker} & echo ready`, "wait; sleep 1000"]),
  });
  const { child, ended } = await startAndWait(place, "ready");
  await vi.waitFor(() => expect(processesWith(marker).length).toBeGreaterThan(1), { timeout: 10_000 });
  const id = programOf(child);
  process.kill(id, "SIGKILL");
  await vi.waitFor(() => expect(processesWith(marker)).toEqual([]), { timeout: 10_000 });
  if (child.pid !== id) child.kill("SIGKILL");
  const run = runOf(await ended);

  const runs = await place.sallyport("runs");
  expect(runs.stdout + runs.stderr).toContain("interrupted");
  expect(cgroupsOf(run)).toEqual([]);
  expect(existsSync(join(place.home, "runs", run, "step-1"))).toBe(false);
  const verified = await place.sallyport("audit", "verify", run);
  expect(verified).toMatchObject({ code: 0 });
  const events = await place.ledger(run);
  expect(events.at(-1)).toMatchObject({ type: "run.interrupted" });
  const minted = events.flatMap((event) => (event.type === "token.minted" ? [event.token] : []));
  expect(minted.length).toBeGreaterThan(0);
  await using workplace = await openWorkplace(place.home);
  for (const token of minted) expect(workplace.tokens.isLive(token)).toBe(false);
});

test("Ctrl-C ends the box, revokes the token, closes the ledger and exits with 130", async () => {
  const marker = `98764.${process.pid}`;
  using place = makePlace({ [FILE]: oneStep([`echo ready; sleep ${marker}`]) });
  const { child, ended } = await startAndWait(place, "ready");
  child.kill("SIGINT");
  const { code, stderr } = await ended;
  expect({ code, stderr }).toMatchObject({ code: 130 });
  expect(processesWith(marker)).toEqual([]);
  const run = runOf({ code, stderr, stdout: "" });
  const events = await place.ledger(run);
  expect(events.at(-1)).toMatchObject({ type: "run.ended", state: "interrupted" });
  expect(events.filter(({ type }) => type === "token.revoked")).toHaveLength(
    events.filter(({ type }) => type === "token.minted").length,
  );
  expect((await place.sallyport("audit", "verify", run)).code).toBe(0);
});

test("cancel ends a run from another process", async () => {
  using place = makePlace({ [FILE]: oneStep(["echo ready; sleep 1000"]) });
  const { ended } = await startAndWait(place, "ready");
  const runs = JSON.parse((await place.sallyport("runs", "--json")).stdout) as readonly { readonly id: string }[];
  const cancelled = await place.sallyport("cancel", runs[0]?.id ?? "");
  expect(cancelled).toMatchObject({ code: 0 });
  expect((await ended).code).toBe(130);
});

test("two runs at once in one state directory do not disturb each other", async () => {
  using place = makePlace({
    [FILE]: oneStep(["for i in 1 2 3; do echo turn $i; sleep 0.2; done", "git log -1 --format=%s"]),
  });
  const ended = await Promise.all([1, 2, 3].map(() => place.sallyport("run", "custom/work")));
  expect(ended.map(({ code }) => code)).toEqual([0, 0, 0]);
  const runs = ended.map(runOf);
  expect(new Set(runs).size).toBe(3);
  for (const run of runs) expect((await place.sallyport("audit", "verify", run)).code).toBe(0);
});

test("a state directory of a newer version, or one that others may read, is refused and left alone", async () => {
  using place = makePlace({ [FILE]: oneStep(["echo hi"]) });
  expect((await place.sallyport("run", "custom/work")).code).toBe(0);
  chmodSync(place.home, 0o755);
  const open = await place.sallyport("run", "custom/work");
  expect(open.code).toBe(4);
  expect(open.stderr).toContain("chmod");
  chmodSync(place.home, 0o700);
  const database = new BetterSqlite3(join(place.home, "state.db"));
  database.prepare("insert into applied_migrations (id, digest, applied_at) values ('runs-99', 'x', 0)").run();
  database.close();
  const newer = await place.sallyport("run", "custom/work");
  expect(newer).toMatchObject({ code: 4, stdout: "" });
  expect(newer.stderr).toContain("runs-99");
  expect(newer.stderr.trim().split("\n")).toHaveLength(1);
});

test.skipIf(process.getuid?.() !== 0)(
  "a full disk: one sentence, exit code 1, and what was written before still verifies",
  async () => {
    using place = makePlace({ [FILE]: oneStep(["echo hi"]) });
    mkdirSync(place.home, { mode: 0o700 });
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs", place.home]);
    expect(mounted.status).toBe(0);
    try {
      const first = await place.sallyport("run", "custom/work");
      expect(first).toMatchObject({ code: 0 });
      spawnSync("dd", ["if=/dev/zero", `of=${join(place.home, "filler")}`, "bs=4k"]);
      const full = await place.sallyport("run", "custom/work");
      expect(full.code).toBe(1);
      expect(
        full.stderr
          .trim()
          .split("\n")
          .filter((line) => line.startsWith("sallyport:")),
      ).toHaveLength(1);
      expect(full.stderr).toMatch(/disk|space/u);
      rmSync(join(place.home, "filler"));
      expect((await place.sallyport("audit", "verify", runOf(first))).code).toBe(0);
      expect(await place.sallyport("run", "custom/work")).toMatchObject({ code: 0 });
    } finally {
      spawnSync("umount", [place.home]);
    }
  },
);
