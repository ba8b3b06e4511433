import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LedgerEvent } from "../../src/ledger/index.ts";
import { endOf, LAUNCHER, makePlace, type Ended, type Place } from "./place.ts";

const README = fileURLToPath(new URL("../../README.md", import.meta.url));

type Decision = Extract<LedgerEvent, { readonly type: "decision" }>;

/** `door operation` of each decision, with the gate that refused or `allowed`. */
function judged(events: readonly LedgerEvent[]): string[] {
  const decisions = events.filter((event): event is Decision => event.type === "decision");
  return decisions.map(({ door, operation, gate }) => `${door} ${operation} ${gate ?? "allowed"}`);
}

/** Operations that changed something at the forge. */
function writes(events: readonly LedgerEvent[]): string[] {
  const decisions = events.filter((event): event is Decision => event.type === "decision");
  return decisions
    .filter(({ allow, writes: isWrite }) => allow && isWrite)
    .map(({ door, operation }) => `${door} ${operation}`);
}

let place: Place;
let ended: Ended;

beforeAll(async () => {
  place = makePlace({ "note.txt": "the demonstration makes a clone of its own\n" });
  const env = { PATH: process.env["PATH"], HOME: place.root, SALLYPORT_HOME: place.home, TMPDIR: place.root };
  ended = await endOf(spawn(LAUNCHER, ["demo"], { cwd: place.root, env, stdio: ["ignore", "pipe", "pipe"] }));
});

afterAll(() => place[Symbol.dispose]());

// cites: T1, T2, T4, T6, T8, H2, H10
test("the demonstration: three acts by the published file, each refused at the gate that its grant has shut", async () => {
  expect(ended).toMatchObject({ code: 0, stdout: "" });

  const ids = [...ended.stderr.matchAll(/^custom\/\S+ +run (?<run>[0-9a-f]{8}) /gmu)].map(([, run]) => run ?? "");
  expect(ids).toHaveLength(3);
  const [reading = [], writing = [], narrowed = []] = await Promise.all(ids.map((run) => place.ledger(run)));

  // (a) reads, and writes by no door.
  expect(judged(reading)).toEqual(
    expect.arrayContaining([
      "git git.fetch allowed",
      "mcp pullrequests.get allowed",
      "mcp comments.list allowed",
      "mcp pullrequests.create scope",
      "mcp comments.create scope",
      "rest pullrequests.create scope",
      "rest comments.create scope",
      "rest pullrequests.approve human-gate",
      "git git.push scope",
      "proxy network.connect egress",
    ]),
  );
  expect(writes(reading)).toEqual([]);
  expect(ended.stderr).toContain("no secret in the environment");

  // (b) pushes a branch and opens the pull request, and nothing else.
  expect(writes(writing)).toEqual(["git git.push", "mcp pullrequests.create"]);
  expect(judged(writing)).toEqual(
    expect.arrayContaining([
      "git git.push branch",
      "git git.push authority-file",
      "rest pullrequests.merge human-gate",
      "rest pullrequests.list repository",
      "git git.fetch repository",
      "proxy network.connect egress",
    ]),
  );

  // Another repository is called by its name.
  expect(writing).toContainEqual(expect.objectContaining({ summary: "git ls-remote demo/payroll", allow: false }));

  // (c) pushes, and is refused the pull request with the scope that is missing.
  expect(writes(narrowed)).toEqual(["git git.push"]);
  expect(narrowed).toContainEqual(
    expect.objectContaining({
      operation: "pullrequests.create",
      gate: "scope",
      reason: "needs write:pullrequest:bitbucket",
    }),
  );

  for (const events of [reading, writing, narrowed]) {
    const count = (type: LedgerEvent["type"]): number => events.filter((event) => event.type === type).length;
    expect(count("token.minted")).toBeGreaterThan(0);
    expect(count("token.revoked")).toBe(count("token.minted"));
  }
  expect((await place.sallyport("audit", "verify")).code).toBe(0);
  expect(ended.stderr.match(/^ {2}ledger of run \S+ \d+ entries, verified$/gmu)).toHaveLength(3);

  // What it says to type next works as it stands.
  const [, show = "", shop = ""] = /sallyport (pr show \d+ --repo (\S+))$/mu.exec(ended.stderr) ?? [];
  const opened = await place.sallyport(...show.split(" "));
  expect(opened.stdout).toMatch(/^#3 Release notes {3}OPEN · release-notes\/\d+ → main · by release-notes-generator/u);
  const [, merge = ""] = /sallyport (pr merge \d+ --repo \S+)$/mu.exec(ended.stderr) ?? [];
  expect(await place.sallyport(...merge.split(" "))).toMatchObject({ code: 0 });
  expect(readFileSync(join(shop, "bitbucket-pipelines.yml"), "utf8")).not.toContain("write:pullrequest:bitbucket");
});

/** Without what differs from run to run: times, ids, counts, and the distance between columns. */
function timeless(line: string): string {
  return line
    .replace(/\b[0-9a-f]{7,8}\b/gu, "ID")
    .replace(/\d+(?:\.\d)? (?:ms|s)\b|<1 ms/gu, "TIME")
    .replace(/ {2,}/gu, "  ");
}

test("the sample in the README is what the demonstration's first act prints, with lines left out", () => {
  const sample = /```\n(custom\/analyse-pr {3}run[^]*?)```/u.exec(readFileSync(README, "utf8"))?.[1] ?? "";
  const lines = sample.trimEnd().split("\n").map(timeless);
  expect(lines.length).toBeGreaterThan(5);
  const printed = ended.stderr.split("\n").map(timeless);
  expect(lines.filter((line) => !printed.includes(line))).toEqual([]);
});
