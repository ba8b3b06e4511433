import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { makeClone } from "./make-clone.ts";
import { environmentFor, LAUNCHER, makeRoom, type Room } from "./sallyport.ts";

const PIPELINES = `
pipelines:
  default:
    - step:
        name: hello
        script:
          - printf 'hello \\033[31mred\\r\\n'
          - echo "$WHO"
  custom:
    greet:
      - variables:
          - name: WHO
            default: nobody
            allowed-values: [nobody, robin]
      - step:
          script:
            - echo "$WHO"
    fail:
      - step:
          script:
            - exit 7
    wait:
      - step:
          script:
            - echo ready
            - sleep 60
`;

let room: Room;
let clone: string;
beforeAll(async () => {
  room = await makeRoom();
  clone = join(room.folder, "clone");
  await makeClone(clone, { "bitbucket-pipelines.yml": PIPELINES });
});
afterAll(() => room[Symbol.asyncDispose]());

/** Ids of the runs of this room, newest first. */
async function runIds(): Promise<readonly string[]> {
  const { stdout } = await room.sallyport(["runs", "--json"]);
  return (JSON.parse(stdout) as { readonly id: string }[]).map(({ id }) => id);
}

describe("a run that passes", () => {
  test("shows plain lines on standard error and nothing on standard output", async () => {
    const ended = await room.sallyport(["run"], { directory: clone });
    expect(ended).toMatchObject({ code: 0, stdout: "" });
    expect(ended.stderr).toMatch(/^default {3}run [0-9a-f]{8} · local\/clone-[0-9a-f]{6} · working tree/m);
    expect(ended.stderr).toMatch(/^1 hello {3}bwrap · read:repository · 120 min · no agent$/m);
    expect(ended.stderr).toContain("  │ hello \\x1b[31mred\n");
    expect(ended.stderr).toMatch(
      /^ {2}passed in .* · \d+ allowed, 0 denied · token revoked · ledger \d+ entries, verified$/m,
    );
    expect(ended.stderr).not.toContain("\x1b");
  });

  test("is then listed, shown, logged, and verified", async () => {
    const [id = ""] = await runIds();
    const short = id.slice(0, 5);
    const [list, shown, json, log, verified] = await Promise.all([
      room.sallyport(["runs"]),
      room.sallyport(["show", short]),
      room.sallyport(["show", short, "--json"]),
      room.sallyport(["logs", short, "--follow"]),
      room.sallyport(["audit", "verify", short]),
    ]);
    expect(list.stdout).toMatch(new RegExp(`^${id} +passed +default +local/clone-`, "m"));
    expect(shown.stdout).toMatch(/^1 hello$/m);
    expect(shown.stdout).toMatch(/^passed in .* · ledger \d+ entries, verified$/m);
    expect(JSON.parse(json.stdout)).toMatchObject({
      id,
      state: "passed",
      steps: [{ number: 1 }],
      ledger: { verified: true },
    });
    expect(json.stderr).toBe("");
    expect(log.stdout).toContain("hello \\x1b[31mred\n");
    expect(verified.stdout).toMatch(new RegExp(`^ledger of run ${id}: \\d+ entries, verified\n$`));
    expect([list, shown, json, log, verified].map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
  });

  test("has a ledger that is exported as stored, and whose first fault is named", async () => {
    const [id = ""] = await runIds();
    const exported = await room.sallyport(["audit", "export", id]);
    expect(exported.stdout).toBe(await readFile(join(room.home, `ledger/${id}.jsonl`), "utf8"));
    const file = join(room.folder, "exported.jsonl");
    await writeFile(file, exported.stdout);
    expect((await room.sallyport(["audit", "verify", file])).code).toBe(0);
    await writeFile(file, exported.stdout.replace('"run.started"', '"run.Started"'));
    const tampered = await room.sallyport(["audit", "verify", file]);
    expect(tampered).toMatchObject({ code: 1, stderr: "" });
    expect(tampered.stdout).toContain("line 1, edited:");
  });
});

test("--json is a JSON line an event on standard output, and nothing else on either stream", async () => {
  const ended = await room.sallyport(["run", "custom/greet", "--var", "WHO=robin", "--json"], { directory: clone });
  const events = ended.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly type: string });
  expect(events.at(0)).toMatchObject({ type: "run-started", selector: "custom/greet" });
  expect(events.at(-1)).toMatchObject({ type: "run-ended", state: "passed", ledgerVerified: true });
  const texts = events.map((event) => ("text" in event ? String(event.text) : ""));
  expect(texts.join("")).toMatch(/^robin$/m);
  expect(ended).toMatchObject({ code: 0, stderr: "" });
});

test("a step that fails is exit code 1, with its own named", async () => {
  const ended = await room.sallyport(["run", "custom/fail"], { directory: clone });
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(/^ {2}failed after .*: exit code 7 · /m);
});

const step = (lines: string): string => `pipelines:\n  custom:\n    a:\n      - step:\n${lines}`;
const AGENTS = (agent: string): string =>
  `definitions:\n  agents:\n    helper:\n${agent}${step("          script:\n            - agent: helper\n")}`;

describe("a file that cannot run is exit code 2, with the place of each finding", () => {
  const rows: readonly (readonly [what: string, file: string | null, args: readonly string[], says: RegExp])[] = [
    ["no file", null, [], /no missing\.yml/],
    ["not YAML", "pipelines: [", [], /^p\.yml:1:\d+: error\[yaml-syntax\]/m],
    [
      "an unknown selector",
      step("          script: [ls]\n"),
      ["custom/b"],
      /no such pipeline.*did you mean custom\/a\?/,
    ],
    ["a selector of no form", step("          script: [ls]\n"), ["a"], /error\[bad-selector\]/],
    [
      "an unknown agent",
      step("          script:\n            - agent: helper\n"),
      ["custom/a"],
      /^p\.yml:6:\d+: error\[unknown-agent\]/m,
    ],
    [
      "an unknown scope",
      step("          auth: {system: {scopes: [all]}}\n          script: [ls]\n"),
      ["custom/a"],
      /^p\.yml:5:\d+: error\[unknown-scope\]/m,
    ],
    [
      "an unknown provider",
      AGENTS("      prompt: hi\n      provider: gemini\n"),
      ["custom/a"],
      /error\[unknown-provider\]/,
    ],
    [
      "a prompt that is too long",
      AGENTS(`      prompt: ${"x".repeat(2_001)}\n`),
      ["custom/a"],
      /error\[prompt-too-long\]/,
    ],
    [
      "an undeclared variable",
      step("          script: [ls]\n"),
      ["custom/a", "--var", "WHO=me"],
      /declares no variable WHO/,
    ],
    [
      "a revision that is not there",
      step("          script: [ls]\n"),
      ["custom/a", "--commit", "nowhere"],
      /no revision nowhere/,
    ],
    [
      "a pull request that is not there",
      step("          script: [ls]\n"),
      ["custom/a", "--pr", "99"],
      /no pull request 99/,
    ],
  ];
  test.each(rows)("%s", async (_, file, args, says) => {
    const before = (await runIds()).length;
    if (file !== null) await writeFile(join(clone, "p.yml"), file);
    const name = file === null ? "missing.yml" : "p.yml";
    const ended = await room.sallyport(["run", ...args, "--file", name], { directory: clone });
    expect(ended.stderr).toMatch(says);
    expect(ended.stderr).toMatch(/^sallyport: [^\n]+\n$/m);
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expect((await runIds()).length).toBe(before);
  });
});

/** Starts the pipeline that waits, and gives its process and run once its script runs. */
async function startWaiting() {
  const args = [LAUNCHER, "run", "custom/wait", "--json"];
  const child = spawn(process.execPath, args, {
    cwd: clone,
    env: environmentFor(room.home),
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "close") as Promise<[number | null, string | null]>;
  const states: string[] = [];
  let run = "";
  let text = "";
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const event = JSON.parse(line) as Record<string, unknown>;
      if (event["type"] === "run-started") run = String(event["run"]);
      if (event["type"] === "output") text += String(event["text"]);
      // The shell shows each line before it runs it.
      if (/^ready$/m.test(text)) resolve();
      if (event["type"] === "run-ended") states.push(String(event["state"]));
    });
    void ended.then(() => reject(new Error("it ended before its script ran")));
  });
  child.stderr.resume();
  return { child, ended, run, states };
}

describe("a run that is stopped", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("by %s exits 130, and its ledger verifies", async (signal) => {
    const { child, ended, run, states } = await startWaiting();
    child.kill(signal);
    expect(await ended).toEqual([130, null]);
    expect(states).toEqual(["interrupted"]);
    const [shown, verified] = await Promise.all([
      room.sallyport(["show", run, "--json"]),
      room.sallyport(["audit", "verify", run]),
    ]);
    expect(JSON.parse(shown.stdout)).toMatchObject({ state: "interrupted", exitCode: 130 });
    expect(verified.code).toBe(0);
  });

  test("by cancel exits 130, and cancel waits for it", async () => {
    const { ended, run } = await startWaiting();
    const cancelled = await room.sallyport(["cancel", run.slice(0, 6)]);
    expect(cancelled).toMatchObject({ code: 0, stderr: "" });
    expect(cancelled.stdout).toMatch(new RegExp(`^run ${run} has ended: `));
    expect(await ended).toEqual([130, null]);
    const again = await room.sallyport(["cancel", run]);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("has ended already");
  });

  test("attack 26: by kill -9 is interrupted for the next command, which says so", async () => {
    const { child, ended, run } = await startWaiting();
    child.kill("SIGKILL");
    await ended;
    const next = await room.sallyport(["show", run, "--json"]);
    expect(next.stderr).toContain(`run ${run} was interrupted`);
    expect(JSON.parse(next.stdout)).toMatchObject({ state: "interrupted" });
    expect(await room.sallyport(["audit", "verify", run])).toMatchObject({ code: 0, stderr: "" });
  });
});

test("a reader that goes away ends a command quietly", async () => {
  const [id = ""] = await runIds();
  const child = spawn(process.execPath, [LAUNCHER, "audit", "export", id], {
    env: environmentFor(room.home),
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.destroy();
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  expect(await once(child, "close")).toEqual([0, null]);
  expect(stderr).toBe("");
});

test("attack 22: doctor says what the machine has, as one JSON document", async () => {
  const ended = await room.sallyport(["doctor", "--json"]);
  const { protections } = JSON.parse(ended.stdout) as { readonly protections: readonly { readonly id: string }[] };
  expect(protections.map(({ id }) => id)).toEqual(expect.arrayContaining(["git", "node", "state-directory"]));
  expect(ended).toMatchObject({ code: 0, stderr: "" });
  const without = await room.sallyport(["doctor"], { environment: { PATH: "/nonexistent" } });
  expect(without.code).toBe(3);
  expect(without.stdout).toMatch(/^✗ git +not found\n +fix: install git/m);
});

test("attack 22: a run without isolation to be had is exit code 3, with the fix, and makes no run", async () => {
  const before = (await runIds()).length;
  const programs = join(room.folder, "programs");
  await mkdir(programs);
  await symlink(execFileSync("which", ["git"], { encoding: "utf8" }).trim(), join(programs, "git"));
  const ended = await room.sallyport(["run"], { directory: clone, environment: { PATH: programs } });
  expect(ended).toMatchObject({ code: 3, stdout: "" });
  expect(ended.stderr).toMatch(/^sallyport: [^\n]*bwrap[^\n]*install bubblewrap[^\n]*\n$/);
  expect((await runIds()).length).toBe(before);
});

test("a state directory that others may enter is refused with exit code 4, and the way to put it right", async () => {
  const home = join(room.folder, "open");
  await mkdir(home, { mode: 0o755 });
  const ended = await room.sallyport(["runs"], { environment: { SALLYPORT_HOME: home } });
  expect(ended).toMatchObject({ code: 4, stdout: "" });
  expect(ended.stderr).toContain(`chmod go= ${home}`);
  const relative = await room.sallyport(["runs"], { environment: { SALLYPORT_HOME: "state" } });
  expect(relative).toMatchObject({ code: 2, stdout: "" });
});

test.each([
  ["show", "ffff"],
  ["logs", "ffff"],
  ["cancel", "ffff"],
  ["audit", "export", "ffff"],
  ["audit", "verify", "ffff"],
  ["show", "../../etc"],
])("%s of a run that is not there exits 2", async (...args) => {
  const ended = await room.sallyport(args);
  expect(ended).toMatchObject({ code: 2, stdout: "" });
  expect(ended.stderr).toMatch(/^sallyport: There is no such run/);
});
