import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { createClock } from "../../src/base/index.ts";
import { openDatabase } from "../../src/db/index.ts";
import { createEmbeddedForge, forgeMigrations, type EmbeddedForge } from "../../src/forge/index.ts";
import type { Grant } from "../../src/policy/index.ts";
import { ask, buildHouse, decisionsOf, type House } from "./harness.ts";

const WRITE = ["read:repository:bitbucket", "write:repository:bitbucket"] as const;
const REFS = "/git/demo/shop.git/info/refs";
const PUSH_TYPE = { "content-type": "application/x-git-receive-pack-request" };

let house: House;
let folder: string;
let closing: (() => unknown)[];
beforeEach(() => {
  closing = [];
  folder = mkdtempSync(join(tmpdir(), "sallyport-broker-git-"));
});
afterEach(async () => {
  await house[Symbol.asyncDispose]();
  for (const close of closing) await close();
  rmSync(folder, { recursive: true });
});

describe("the address", () => {
  test.each([
    ["GET", `${REFS}?service=git-upload-pack`, {}, 200, "git.fetch allow"],
    ["GET", "/git/Demo/Shop/info/refs?service=git-upload-pack", {}, 200, "git.fetch allow"],
    ["GET", `${REFS}?service=git-receive-pack`, {}, 403, "git.push scope"],
    ["POST", "/git/demo/shop/git-receive-pack", PUSH_TYPE, 403, "git.push scope"],
    ["GET", "/git/demo/payroll/info/refs?service=git-upload-pack", {}, 404, "git.fetch repository"],
    ["GET", "/git/demo/payroll/info/refs?service=git-receive-pack", {}, 404, "git.push repository"],
    ["GET", "/git/demo/shop/../payroll/info/refs?service=git-upload-pack", {}, 404, "request.unlisted human-gate"],
    ["GET", "/git/demo/../payroll/info/refs?service=git-upload-pack", {}, 404, "request.unlisted human-gate"],
    ["GET", "/git/demo/%2e%2e%2fpayroll/info/refs?service=git-upload-pack", {}, 404, "request.unlisted human-gate"],
    ["GET", "/git/demo/--upload-pack/info/refs?service=git-upload-pack", {}, 404, "request.unlisted human-gate"],
    ["GET", "/git/demo/shop.git.git/info/refs?service=git-upload-pack", {}, 404, "request.unlisted human-gate"],
    ["GET", "/git/demo/shop/HEAD", {}, 404, "request.unlisted human-gate"],
    ["GET", "/git/demo/shop/objects/info/packs", {}, 404, "request.unlisted human-gate"],
    ["GET", REFS, {}, 400, "request.unlisted human-gate"],
    ["GET", `${REFS}?service=git-upload-archive`, {}, 400, "request.unlisted human-gate"],
    ["GET", `${REFS}?service=git-upload-pack&service=git-receive-pack`, {}, 400, "request.unlisted human-gate"],
    ["POST", "/git/demo/shop/git-upload-pack", { "content-type": "text/plain" }, 415, "request.unlisted human-gate"],
    ["GET", "/git/demo/shop/git-upload-pack", {}, 405, "request.unlisted human-gate"],
  ])("attack 7: %s %s", async (method, path, headers, status, decision) => {
    house = buildHouse();
    const { port } = await house.open();
    const answer = await ask(port, method, path, { headers });
    expect(answer.status).toBe(status);
    expect(decisionsOf(house.records)).toEqual([decision]);
    expect(house.gitRequests).toHaveLength(status === 200 ? 1 : 0);
  });

  test("only git's own headers pass, in both directions", async () => {
    house = buildHouse();
    const { port } = await house.open();
    const headers = {
      "git-protocol": "version=2",
      authorization: "Bearer x",
      "x-forwarded-for": "1.2.3.4",
      "git-dir": "/",
    };
    const answer = await ask(port, "GET", `${REFS}?service=git-upload-pack`, { headers });
    expect(answer.headers["x-inner"]).toBeUndefined();
    expect(Object.entries(house.gitRequests[0]?.headers ?? {}).filter(([, value]) => value !== undefined)).toEqual([
      ["git-protocol", "version=2"],
    ]);
    await ask(port, "GET", `${REFS}?service=git-upload-pack`, { headers: { "git-protocol": "version=2 --exec" } });
    expect(house.gitRequests[1]?.headers["git-protocol"]).toBeUndefined();
  });
});

describe("real git and the embedded forge", () => {
  test("attack 42: a step that may only read is told so before it sends anything", async () => {
    const { port } = await openShop();
    const work = await clone(port);
    const pushed = await git(work, "push", "origin", "HEAD:refs/heads/topic");
    expect(pushed.code).not.toBe(0);
    expect(pushed.output).toContain("remote: Denied by the scope gate: needs write:repository:bitbucket.");
    expect(pushed.output).toContain("add write:repository:bitbucket to auth.system.scopes");
    expect(decisionsOf(house.records).at(-1)).toBe("git.push scope");
    expect(await refs()).toEqual(["refs/heads/main"]);
  });

  test("attack 7: another repository is not found, whether it exists or not", async () => {
    const { port } = await openShop();
    for (const name of ["demo/payroll", "demo/nothing"]) {
      const cloned = await git(folder, "clone", `http://127.0.0.1:${port}/git/${name}`, "other");
      expect(cloned.output).toContain("remote: Denied by the repository gate: this step may see demo/shop only.");
      expect(cloned.output).toContain("not found");
    }
  });

  test("a push of a new branch is one decision, and moves the ref", async () => {
    const { port } = await openShop(WRITE);
    const work = await clone(port);
    const before = house.records.length;
    expect(await git(work, "push", "origin", "HEAD:refs/heads/topic")).toMatchObject({ code: 0 });
    const records = house.records.slice(before);
    expect(records.map(({ attempt }) => attempt.summary)).toEqual(["git ls-remote origin", "git push origin topic"]);
    expect(decisionsOf(records)).toEqual(["git.fetch allow", "git.push allow"]);
    expect(await refs()).toEqual(["refs/heads/main", "refs/heads/topic"]);
  });

  test.each([
    ["the default branch", ["HEAD:refs/heads/main"], "a.txt", "branch"],
    ["one ref of two", ["HEAD:refs/heads/topic", "HEAD:refs/heads/main"], "a.txt", "branch"],
    ["a deletion", [":refs/heads/main"], "a.txt", "branch"],
    ["a ref of another kind", ["HEAD:refs/notes/x"], "a.txt", "branch"],
    ["attack 41: a pipeline file", ["HEAD:refs/heads/topic"], "bitbucket-pipelines.yml", "authority-file"],
  ])("%s is refused whole, with a sentence that git shows", async (_what, refspecs, file, gate) => {
    const { port } = await openShop(WRITE);
    const work = await clone(port);
    writeFileSync(join(work, file), "changed\n");
    await git(work, "add", ".");
    await git(work, "commit", "-m", "Change");
    const pushed = await git(work, "push", "origin", ...refspecs);
    expect(pushed.code).not.toBe(0);
    expect(pushed.output).toMatch(new RegExp(`remote: .*${gate}`, "u"));
    expect(decisionsOf(house.records).filter((decision) => decision === `git.push ${gate}`)).toHaveLength(1);
    expect(await refs()).toEqual(["refs/heads/main"]);
    expect(house.faults).toEqual([]);
  });

  test("attack 29: a push that git refuses before any ref is on record too", async () => {
    const { port } = await openShop(WRITE);
    const work = await clone(port);
    // A tree with a folder `.git`: a checkout of it would bring configuration, and hooks, along.
    const made = await git(work, "hash-object", "-t", "tree", "-w", "/dev/null");
    expect(made.code).toBe(0);
    const bytes = Buffer.concat([Buffer.from("40000 .git\0"), Buffer.from(made.output.trim(), "hex")]);
    writeFileSync(join(work, "tree"), bytes);
    const tree = await git(work, "hash-object", "-t", "tree", "-w", "--literally", "tree");
    const commit = await git(work, "commit-tree", tree.output.trim(), "-m", "Bad");
    const before = house.records.length;
    const pushed = await git(work, "push", "origin", `${commit.output.trim()}:refs/heads/topic`);
    expect(pushed.output).toContain("hasDotgit");
    expect(house.records.slice(before).map(({ attempt }) => attempt.summary)).toEqual([
      "git ls-remote origin",
      "git push origin (git refused it before any ref)",
    ]);
    expect(await refs()).toEqual(["refs/heads/main"]);
  });

  test("4 MiB each way", async () => {
    const { port } = await openShop(WRITE);
    const work = await clone(port);
    writeFileSync(join(work, "large"), randomBytes(4 << 20));
    await git(work, "add", ".");
    await git(work, "commit", "-m", "Large");
    expect(await git(work, "push", "origin", "HEAD:refs/heads/large")).toMatchObject({ code: 0 });
    const back = await git(folder, "clone", "-b", "large", `http://127.0.0.1:${port}/git/demo/shop`, "back");
    expect(back).toMatchObject({ code: 0 });
    expect(readFileSync(join(folder, "back", "large"))).toEqual(readFileSync(join(work, "large")));
  });
});

let embedded: EmbeddedForge;

/** A door to `demo/shop` in an embedded forge that also has `demo/payroll`. */
async function openShop(scopes: Grant["scopes"] = ["read:repository:bitbucket"]) {
  const home = join(folder, "home");
  const database = openDatabase(home, forgeMigrations);
  embedded = createEmbeddedForge({ home, database, clock: createClock() });
  house = buildHouse({ script: { git: (...request) => embedded.git(...request) } });
  closing.push(
    () => embedded[Symbol.asyncDispose](),
    () => database.close(),
  );
  const seed = join(folder, "seed");
  await git(folder, "init", "-b", "main", seed);
  writeFileSync(join(seed, "a.txt"), "a\n");
  writeFileSync(join(seed, "bitbucket-pipelines.yml"), "pipelines: {}\n");
  await git(seed, "add", ".");
  await git(seed, "commit", "-m", "one");
  await embedded.importRepository({ name: "demo/payroll", from: seed });
  const { defaultCommit } = await embedded.importRepository({ name: "demo/shop", from: seed });
  return await house.open({ scopes, trustedCommit: defaultCommit ?? "" });
}

async function refs(): Promise<string[]> {
  const { output } = await git(
    embedded.fetchAddress("demo/shop"),
    "for-each-ref",
    "--format=%(refname)",
    "refs/heads",
    "refs/notes",
    "refs/tags",
  );
  return output.trim().split("\n");
}

async function clone(port: number): Promise<string> {
  const work = join(folder, "work");
  const cloned = await git(folder, "clone", `http://127.0.0.1:${port}/git/demo/shop`, work);
  expect(cloned).toMatchObject({ code: 0 });
  return work;
}

/** git as a client, without anything of this machine's configuration. Not synchronous: the server is in this process. */
function git(cwd: string, ...argv: readonly string[]): Promise<{ code: number | null; output: string }> {
  const environment = {
    PATH: process.env["PATH"],
    HOME: folder,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_AUTHOR_NAME: "ann",
    GIT_AUTHOR_EMAIL: "ann@example.com",
    GIT_COMMITTER_NAME: "ann",
    GIT_COMMITTER_EMAIL: "ann@example.com",
  };
  const child = spawn("git", argv, { cwd, env: environment });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, output })));
}
