import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { Forge } from "../../src/forge/index.ts";
import type { RefUpdate } from "../../src/policy/index.ts";
import { ask, buildHouse, decisionsOf, type House } from "./harness.ts";

const WRITE = ["read:repository:bitbucket", "write:repository:bitbucket"] as const;
const REFS = "/git/demo/shop.git/info/refs";
const PUSH_TYPE = { "content-type": "application/x-git-receive-pack-request" };

let house: House;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-broker-git-"));
});
afterEach(async () => {
  await house[Symbol.asyncDispose]();
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

describe("real git", () => {
  test("attack 42: a step that may only read is told so before it sends anything", async () => {
    house = buildHouse({ script: { git: httpBackend([]) } });
    const { port } = await house.open();
    const work = await clone(port);
    const pushed = await git(work, "push", "origin", "HEAD:refs/heads/topic");
    expect(pushed.code).not.toBe(0);
    expect(pushed.output).toContain("remote: Denied by the scope gate: needs write:repository:bitbucket.");
    expect(pushed.output).toContain("add write:repository:bitbucket to auth.system.scopes");
    expect(decisionsOf(house.records).at(-1)).toBe("git.push scope");
    expect(house.gitRequests.map(({ service }) => service)).not.toContain("git-receive-pack");
  });

  test("another repository is not found", async () => {
    house = buildHouse({ script: { git: httpBackend([]) } });
    const { port } = await house.open();
    const cloned = await git(folder, "clone", `http://127.0.0.1:${port}/git/demo/payroll`, "work");
    expect(cloned.output).toContain("remote: Denied by the repository gate: this step may see demo/shop only.");
    expect(cloned.output).toContain("not found");
  });

  test("a push is one decision for each ref", async () => {
    const refs: RefUpdate[] = [
      { ref: "refs/heads/topic", kind: "create", authorityFiles: [] },
      { ref: "refs/heads/main", kind: "force", authorityFiles: [] },
    ];
    house = buildHouse({ script: { git: httpBackend(refs) } });
    const { port } = await house.open({ scopes: WRITE });
    const work = await clone(port);
    const before = house.records.length;
    const pushed = await git(work, "push", "origin", "HEAD:refs/heads/topic");
    expect(pushed.output).toContain("topic");
    const records = house.records.slice(before);
    expect(records.map(({ attempt }) => attempt.summary)).toEqual([
      "git ls-remote origin",
      "git push origin topic",
      "git push --force origin main",
    ]);
    expect(decisionsOf(records)).toEqual(["git.fetch allow", "git.push allow", "git.push branch"]);
    expect(house.faults).toEqual([]);
  });
});

async function clone(port: number): Promise<string> {
  const work = join(folder, "work");
  const cloned = await git(folder, "clone", `http://127.0.0.1:${port}/git/demo/shop`, work);
  expect(cloned).toMatchObject({ code: 0 });
  return work;
}

/** git as a client, without anything of this machine's configuration. Not synchronous: the server is in this process. */
function git(cwd: string, ...argv: readonly string[]): Promise<{ code: number | null; output: string }> {
  const environment = { PATH: process.env["PATH"], HOME: folder, GIT_CONFIG_NOSYSTEM: "1", GIT_TERMINAL_PROMPT: "0" };
  const child = spawn("git", argv, { cwd, env: environment });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, output })));
}

/** A forge's git port over `git http-backend`, which asks about `refs` before it lets a push through. */
function httpBackend(refs: readonly RefUpdate[]): Forge["git"] {
  const bare = join(folder, "shop.git");
  const run = (...argv: readonly string[]) => spawnSync("git", argv, { cwd: folder, stdio: "ignore" });
  run("init", "--bare", "-b", "main", bare);
  run("-C", bare, "config", "http.receivepack", "true");
  run("init", "-b", "main", "seed");
  writeFileSync(join(folder, "seed", "a.txt"), "a\n");
  run("-C", "seed", "add", ".");
  run("-C", "seed", "-c", "user.name=a", "-c", "user.email=a@example", "commit", "-m", "one");
  run("-C", "seed", "push", bare, "main");

  return async (request, reply, _actor, judge) => {
    if (request.service === "git-receive-pack") for (const update of refs) await judge(update);
    const child = spawn("git", ["http-backend"], {
      env: {
        PATH: process.env["PATH"],
        GIT_PROJECT_ROOT: folder,
        GIT_HTTP_EXPORT_ALL: "1",
        PATH_INFO: `/shop.git/${request.service}`,
        QUERY_STRING: request.query,
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers["content-type"] ?? "",
        HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
        GIT_PROTOCOL: request.headers["git-protocol"] ?? "",
      },
      stdio: ["pipe", "pipe", "ignore"],
    });
    request.body.pipe(child.stdin);
    const chunks: Buffer[] = [];
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) chunks.push(chunk);
    const whole = Buffer.concat(chunks);
    const end = whole.indexOf("\r\n\r\n");
    const head = whole
      .subarray(0, end)
      .toString()
      .split("\r\n")
      .map((line) => line.split(": ", 2));
    reply(200, Object.fromEntries(head) as Record<string, string>).end(whole.subarray(end + 4));
  };
}
