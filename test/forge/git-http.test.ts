import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test, vi } from "vitest";
import { authorize, operationById } from "../../src/policy/index.ts";
import type { JudgeRefUpdate } from "../../src/forge/index.ts";
import { ANN, grantFor, openShop, REPOSITORY, runGit, serve, type Opened, type Served } from "./open-forge.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const resource of open.splice(0).toReversed()) await resource[Symbol.asyncDispose]();
});

type Box = {
  readonly shop: Opened;
  readonly served: Served;
  readonly work: string;
  git(...args: string[]): Promise<string>;
};

/** A shop, a listener that acts as a step, and a clone made through it. */
async function openBox(options: Parameters<typeof serve>[1] = {}): Promise<Box> {
  const shop = await openShop();
  open.push(shop);
  const served = await serve(shop.forge, options);
  open.push(served);
  const work = join(shop.folder, "box");
  await runGit(["clone", "--quiet", `${served.url}/git/${REPOSITORY}`, work], shop.folder);
  return { shop, served, work, git: (...args) => runGit(args, work) };
}

/** One commit more on a new branch of the clone. */
async function commitOn({ work, git }: Box, branch: string, path = "NOTES.md", text = `${branch}\n`): Promise<string> {
  await git("checkout", "--quiet", "-B", branch);
  mkdirSync(join(work, path, ".."), { recursive: true });
  writeFileSync(join(work, path), text);
  await git("add", "--force", ".");
  await git("commit", "--quiet", "-m", `Write ${path}`);
  return git("rev-parse", "HEAD");
}

const byPolicy: JudgeRefUpdate = async (refUpdate) =>
  authorize(
    grantFor({ scopes: ["read:repository:bitbucket", "write:repository:bitbucket"] }),
    operationById("git.push"),
    { repository: REPOSITORY, arguments: {}, refUpdate },
    { now: 0, calls: 0 },
  );

/** What git prints when a push fails, or "" when it does not. */
function refusalOf(push: Promise<string>): Promise<string> {
  return push.then(
    () => "",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

describe("git over HTTP", () => {
  test("clone, shallow clone, and fetch by protocol 0 and 2", async () => {
    const { shop, served, work, git } = await openBox();
    const tip = await shop.git(["rev-parse", "main"]);
    expect(await git("rev-parse", "HEAD")).toBe(tip);
    const shallow = join(shop.folder, "shallow");
    const address = `${served.url}/git/${REPOSITORY}`;
    await runGit(["clone", "--quiet", "--depth=1", "--branch=work", address, shallow], shop.folder);
    expect(await runGit(["rev-list", "--count", "HEAD"], shallow)).toBe("1");
    await runGit(["fetch", "--quiet", "--unshallow"], shallow);
    expect(await runGit(["rev-list", "--count", "HEAD"], shallow)).toBe("2");
    for (const version of ["0", "1", "2"]) {
      await runGit(["-c", `protocol.version=${version}`, "fetch", "--quiet", "origin", "work"], work);
    }
    expect(served.asked).toEqual([]);
  });

  test("attack 35: a fetch's request is read zipped, and refused when it unfolds without end or is no gzip", async () => {
    const { served } = await openBox();
    const ask = async (body: Uint8Array<ArrayBuffer>) => {
      const answer = await fetch(`${served.url}/git/${REPOSITORY}/git-upload-pack`, {
        method: "POST",
        headers: {
          "content-type": "application/x-git-upload-pack-request",
          "content-encoding": "gzip",
          "git-protocol": "version=2",
        },
        body,
      });
      return { status: answer.status, text: await answer.text() };
    };
    const command = "0014command=ls-refs\n00010000";
    const listed = await ask(new Uint8Array(gzipSync(command)));
    expect(listed).toMatchObject({ status: 200, text: expect.stringContaining(" refs/heads/main\n") });
    const bomb = new Uint8Array(gzipSync(Buffer.alloc(11 * 1024 * 1024)));
    expect((await ask(bomb)).status).toBe(413);
    expect((await ask(new TextEncoder().encode(command))).status).toBe(413);
  });

  test("a snapshot that no branch names is fetched by its id", async () => {
    const { shop, git } = await openBox();
    writeFileSync(join(shop.clone, "new.txt"), "new\n");
    const { commit } = await shop.forge.snapshotWorkingTree({ name: REPOSITORY, from: shop.clone });
    for (const version of ["0", "2"])
      await git("-c", `protocol.version=${version}`, "fetch", "--quiet", "origin", commit);
    expect(await git("show", `${commit}:new.txt`)).toBe("new");
    expect(await git("ls-remote", "origin", "refs/sallyport/*")).toBe("");
  });

  test("a new branch and a new tag move; what was asked and who wrote them is on record", async () => {
    const box = await openBox();
    const { shop, served, git } = box;
    const commit = await commitOn(box, "notes");
    await git("tag", "-a", "v1", "-m", "One");
    await git("push", "--quiet", "origin", "notes", "v1");
    expect(await shop.forge.resolve(REPOSITORY, "notes")).toBe(commit);
    expect(await shop.forge.resolve(REPOSITORY, "v1")).toBe(commit);
    expect(served.asked).toEqual([
      { ref: "refs/heads/notes", kind: "create", authorityFiles: [] },
      { ref: "refs/tags/v1", kind: "create", authorityFiles: [] },
    ]);
    const wrote = (ref: string) => shop.forge.wroteByStep(REPOSITORY, ref);
    expect(await wrote("refs/heads/notes")).toBe(true);
    expect(await wrote("refs/tags/v1")).toBe(true);
    expect(await wrote("refs/heads/work")).toBe(false);
    expect(await wrote("refs/heads/none")).toBe(false);
  });

  test("update, force and delete are told apart", async () => {
    const box = await openBox();
    const { served, git } = box;
    await commitOn(box, "notes");
    await git("push", "--quiet", "origin", "notes");
    await commitOn(box, "notes", "MORE.md");
    await git("push", "--quiet", "origin", "notes");
    await git("reset", "--quiet", "--hard", "HEAD~2");
    await commitOn(box, "notes", "OTHER.md");
    expect(await refusalOf(git("push", "--force", "origin", "notes"))).toContain("non-fast-forward");
    expect(await refusalOf(git("push", "origin", ":notes"))).toContain("deletion prohibited");
    expect(served.asked.map(({ kind }) => kind)).toEqual(["create", "update", "force", "delete"]);
  });

  test("a person may rewrite and delete, and the ref is then theirs", async () => {
    const box = await openBox();
    const { shop, git } = box;
    const first = await commitOn(box, "notes");
    await git("push", "--quiet", "origin", "notes");
    const person = await serve(shop.forge, { actor: ANN });
    open.push(person);
    const address = `${person.url}/git/${REPOSITORY}`;
    await commitOn(box, "notes", "MORE.md");
    await git("push", "--quiet", address, "notes");
    expect(await shop.forge.wroteByStep(REPOSITORY, "refs/heads/notes")).toBe(false);
    await git("push", "--quiet", "--force", address, `${first}:refs/heads/notes`);
    expect(await shop.forge.wroteByStep(REPOSITORY, "refs/heads/notes")).toBe(false);
    await git("push", "--quiet", address, ":notes");
    expect(await shop.forge.resolve(REPOSITORY, "notes")).toBeNull();
  });

  test("a body longer than git buffers is sent in chunks, and arrives", async () => {
    const box = await openBox();
    const { shop, git } = box;
    const { randomBytes } = await import("node:crypto");
    const commit = await commitOn(box, "big", "big.bin", randomBytes(3 * 1024 * 1024).toString("base64"));
    await git("-c", "http.postBuffer=65536", "push", "--quiet", "origin", "big");
    expect(await shop.forge.resolve(REPOSITORY, "big")).toBe(commit);
  });

  test("a push from a shallow clone", async () => {
    const { shop, served } = await openBox();
    const work = join(shop.folder, "shallow");
    await runGit(
      ["clone", "--quiet", "--depth=1", "--branch=work", `${served.url}/git/${REPOSITORY}`, work],
      shop.folder,
    );
    await runGit(["commit", "--quiet", "--allow-empty", "-m", "More"], work);
    await runGit(["push", "--quiet", "origin", "HEAD:refs/heads/work", "HEAD:refs/heads/copy"], work);
    expect(served.asked).toEqual([
      { ref: "refs/heads/work", kind: "update", authorityFiles: [] },
      { ref: "refs/heads/copy", kind: "create", authorityFiles: [] },
    ]);
    expect(await runGit(["rev-list", "--count", "copy"], shop.bare)).toBe("3");
  });

  test("two pushes of one ref at once: one wins, and nothing is lost", async () => {
    const box = await openBox();
    const { shop, served } = box;
    const pushes: Promise<string>[] = [];
    for (const side of ["left", "right"]) {
      const work = join(shop.folder, side);
      await runGit(["clone", "--quiet", `${served.url}/git/${REPOSITORY}`, work], shop.folder);
      writeFileSync(join(work, side), side);
      await runGit(["add", "."], work);
      await runGit(["commit", "--quiet", "-m", side], work);
      pushes.push(runGit(["push", "--quiet", "origin", "HEAD:refs/heads/race"], work));
    }
    const results = await Promise.allSettled(pushes);
    expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(await shop.forge.resolve(REPOSITORY, "race")).not.toBeNull();
  });

  test("a client that goes away leaves no process and no ref", async () => {
    const box = await openBox({ judge: () => new Promise(() => undefined) });
    const { shop, served } = box;
    const commit = await commitOn(box, "slow");
    const { spawn } = await import("node:child_process");
    const child = spawn("git", ["push", "--quiet", "origin", "slow"], {
      cwd: box.work,
      stdio: "ignore",
      detached: true,
    });
    while (served.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    process.kill(-(child.pid ?? Number.NaN), "SIGKILL");
    const waiting = (): string[] =>
      readdirSync(join(shop.bare, "objects")).filter((name) => name.startsWith("tmp_objdir"));
    await expect.poll(waiting, { timeout: 5_000 }).toEqual([]);
    expect(await shop.forge.resolve(REPOSITORY, "slow")).toBeNull();
    expect(await shop.forge.resolve(REPOSITORY, commit)).toBeNull();
  });
});

describe("refused pushes", () => {
  test("the client reads the gate, the reason and what to do, and nothing moves", async () => {
    const box = await openBox({ judge: byPolicy });
    const { shop, git } = box;
    const before = await shop.forge.listBranches(REPOSITORY);
    const commit = await commitOn(box, "main");
    const said = await refusalOf(git("push", "origin", "main"));
    expect(said).toContain("remote: sallyport: refused by branch: main is protected from steps");
    expect(said).toContain("remote: sallyport: to change that: push another branch and open a pull request");
    expect(await shop.forge.listBranches(REPOSITORY)).toEqual(before);
    expect(await shop.forge.resolve(REPOSITORY, commit)).toBeNull();
  });

  test("one refused ref refuses the whole push", async () => {
    const box = await openBox({ judge: byPolicy });
    const { shop, git } = box;
    await commitOn(box, "notes");
    const said = await refusalOf(git("push", "origin", "notes", "notes:refs/heads/main"));
    expect(said).toContain("main is protected");
    expect(await shop.forge.resolve(REPOSITORY, "notes")).toBeNull();
  });

  test("attack 30: force push, branch delete and tag move", async () => {
    const box = await openBox({ judge: byPolicy });
    const { git } = box;
    await commitOn(box, "notes");
    await git("tag", "v1");
    await git("push", "--quiet", "origin", "notes", "v1");
    await git("commit", "--quiet", "--amend", "-m", "Other");
    expect(await refusalOf(git("push", "--force", "origin", "notes"))).toContain("a step never rewrites a ref");
    expect(await refusalOf(git("push", "origin", ":notes"))).toContain("a step never deletes a ref");
    expect(await refusalOf(git("push", "origin", ":work"))).toContain("a step never deletes a ref");
    await commitOn(box, "notes2");
    expect(await refusalOf(git("push", "--force", "origin", "HEAD:refs/tags/v1"))).toContain("a step never");
  });

  test.each([
    ["a judge that throws", () => Promise.reject(new Error("no ledger"))],
    [
      "a judge that throws at once",
      (): never => {
        throw new Error("no ledger");
      },
    ],
  ])("%s refuses", async (_name, judge) => {
    const box = await openBox({ judge });
    await commitOn(box, "notes");
    expect(await refusalOf(box.git("push", "origin", "notes"))).toContain("could not be judged");
    expect(await box.shop.forge.resolve(REPOSITORY, "notes")).toBeNull();
  });

  test("refs outside branches and tags are refused, hidden ones by git itself", async () => {
    const box = await openBox({ judge: byPolicy });
    await commitOn(box, "notes");
    expect(await refusalOf(box.git("push", "origin", "HEAD:refs/notes/x"))).toContain("neither a branch nor a tag");
    const hidden = await refusalOf(box.git("push", "origin", "HEAD:refs/sallyport/clone/heads/main"));
    expect(hidden).toContain("deny updating a hidden ref");
  });
});

describe("attack 38 and 41: a push that changes what steers agents", () => {
  test.each([
    ["bitbucket-pipelines.yml"],
    ["CLAUDE.md"],
    ["docs/AGENTS.md"],
    [".claude/settings.json"],
    [".rovodev/config.yml"],
    [".mcp.json"],
    ["skills/deploy/SKILL.md"],
  ])("%s", async (path) => {
    const box = await openBox({ judge: byPolicy });
    await commitOn(box, "wide", path, "steered\n");
    const said = await refusalOf(box.git("push", "origin", "wide"));
    expect(said).toContain(`refused by authority-file: ${path} says who may do what`);
    expect(await box.shop.forge.resolve(REPOSITORY, "wide")).toBeNull();
  });

  test("removing one counts, on a ref that had it", async () => {
    const box = await openBox({ judge: byPolicy });
    await commitOn(box, "wide", "bitbucket-pipelines.yml", "pipelines: {}\n");
    await box.git("checkout", "--quiet", "-B", "wide", "origin/work");
    await box.git("rm", "--quiet", "bitbucket-pipelines.yml");
    await box.git("commit", "--quiet", "-m", "Remove");
    expect(await refusalOf(box.git("push", "origin", "wide"))).toContain("authority-file");
  });

  test("one that the old tip has already is not this push's doing", async () => {
    const box = await openBox({ judge: byPolicy });
    const { shop, git } = box;
    // A person put another pipeline file on `work`; the step goes on from there.
    await shop.git(["checkout", "--quiet", "work"]);
    writeFileSync(join(shop.clone, "bitbucket-pipelines.yml"), "pipelines: {default: []}\n");
    await shop.git(["commit", "--quiet", "-am", "Try a pipeline"]);
    await shop.forge.importRepository({ name: REPOSITORY, from: shop.clone });
    await git("fetch", "--quiet", "origin");
    await git("checkout", "--quiet", "-B", "work", "origin/work");
    await commitOn(box, "work");
    await git("push", "--quiet", "origin", "work");
    expect(box.served.asked.at(-1)).toEqual({ ref: "refs/heads/work", kind: "update", authorityFiles: [] });
    // As a branch of its own the file would be new there.
    expect(await refusalOf(git("push", "origin", "work:refs/heads/copy"))).toContain("authority-file");
  });

  test("taking the trusted file over is allowed", async () => {
    const box = await openBox({ judge: byPolicy });
    const { shop, git } = box;
    await shop.git(["checkout", "--quiet", "work"]);
    writeFileSync(join(shop.clone, "bitbucket-pipelines.yml"), "pipelines: {default: []}\n");
    await shop.git(["commit", "--quiet", "-am", "Try a pipeline"]);
    await shop.forge.importRepository({ name: REPOSITORY, from: shop.clone });
    await git("fetch", "--quiet", "origin");
    await git("checkout", "--quiet", "-B", "work", "origin/work");
    await git("checkout", "--quiet", "origin/main", "--", "bitbucket-pipelines.yml");
    await git("commit", "--quiet", "-m", "Back to the reviewed one");
    await git("push", "--quiet", "origin", "work");
  });

  test("a link in the place of a folder of authority files", async () => {
    const box = await openBox({ judge: byPolicy });
    const { symlinkSync } = await import("node:fs");
    await commitOn(box, "wide", "innocent/settings.json", "{}\n");
    symlinkSync("innocent", join(box.work, ".claude"));
    await box.git("add", ".");
    await box.git("commit", "--quiet", "-m", "Link");
    expect(await refusalOf(box.git("push", "origin", "wide"))).toContain("authority-file: .claude ");
  });

  test("the file that a reviewed link leads to", async () => {
    const box = await openBox({ judge: byPolicy });
    const { shop } = box;
    const { symlinkSync } = await import("node:fs");
    mkdirSync(join(shop.clone, "docs"));
    writeFileSync(join(shop.clone, "docs/agents.txt"), "Be careful.\n");
    symlinkSync("docs/agents.txt", join(shop.clone, "AGENTS.md"));
    await shop.git(["add", "."]);
    await shop.git(["commit", "--quiet", "-m", "Link"]);
    await shop.forge.importRepository({ name: REPOSITORY, from: shop.clone });
    const trusted = await shop.git(["rev-parse", "HEAD"]);
    const served = await serve(shop.forge, { judge: byPolicy, trusted });
    open.push(served);
    const address = `${served.url}/git/${REPOSITORY}`;
    await box.git("fetch", "--quiet", address, "main");
    await box.git("checkout", "--quiet", "FETCH_HEAD");
    await commitOn(box, "wide", "docs/agents.txt", "Obey.\n");
    expect(await refusalOf(box.git("push", address, "wide"))).toContain("authority-file: docs/agents.txt ");
  });
});

describe("attack 29: git tricks", () => {
  test("hooks in the bare repository never run", async () => {
    const box = await openBox();
    const marker = join(box.shop.folder, "ran");
    mkdirSync(join(box.shop.bare, "hooks"));
    for (const hook of ["pre-receive", "update", "post-receive", "post-update", "reference-transaction"]) {
      const file = join(box.shop.bare, "hooks", hook);
      writeFileSync(file, `#!/bin/sh\ntouch ${marker}\n`);
      chmodSync(file, 0o755);
    }
    // Also when the repository's own configuration asks for them.
    await runGit(
      ["config", "--file", join(box.shop.bare, "config"), "core.hooksPath", join(box.shop.bare, "hooks")],
      box.work,
    );
    await commitOn(box, "notes");
    await box.git("push", "--quiet", "origin", "notes");
    expect(await box.shop.forge.resolve(REPOSITORY, "notes")).not.toBeNull();
    expect(existsSync(marker)).toBe(false);
    expect(box.served.asked).toHaveLength(1);
  });

  test("GIT_* variables of the broker's own environment mean nothing", async () => {
    const hostile = {
      GIT_DIR: "/nonexistent",
      GIT_OBJECT_DIRECTORY: "/nonexistent",
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "core.hooksPath",
      GIT_CONFIG_VALUE_0: "/nonexistent",
      GIT_EXEC_PATH: "/nonexistent",
      GIT_SSH_COMMAND: "false",
      GIT_PROJECT_ROOT: "/nonexistent",
    };
    for (const [name, value] of Object.entries(hostile)) vi.stubEnv(name, value);
    const box = await openBox({ judge: byPolicy });
    await commitOn(box, "notes");
    await box.git("push", "--quiet", "origin", "notes");
    expect(await refusalOf(box.git("push", "origin", "notes:main"))).toContain("main is protected");
  });

  test("a ref name with a line feed hides nothing behind it", async () => {
    const box = await openBox({ judge: byPolicy });
    const commit = await commitOn(box, "notes");
    await box.git("push", "--quiet", "origin", "notes");
    const asked = box.served.asked.length;
    const main = await box.shop.forge.resolve(REPOSITORY, "main");
    const zero = "0".repeat(40);
    const empty = Buffer.concat([
      Buffer.from("PACK\0\0\0\u0002\0\0\0\0"),
      Buffer.from("029d08823bd8a8eab510ad6ac75c823cfd3ed31e", "hex"),
    ]);
    for (const name of [
      "refs/heads/a\nend\nref b",
      "refs/heads/a\n\nend",
      `refs/heads/a\n${zero} ${commit} refs/heads/c`,
    ]) {
      const commands = [`${zero} ${commit} ${name}\0report-status\n`, `${main} ${commit} refs/heads/main\n`];
      const body = Buffer.concat([...commands.map(packet), Buffer.from("0000"), empty]);
      const answer = await post(`${box.served.url}/git/${REPOSITORY}/git-receive-pack`, body);
      expect(answer).toContain("ng refs/heads/main pre-receive hook declined");
    }
    expect(await box.shop.forge.resolve(REPOSITORY, "main")).toBe(main);
    expect(box.served.asked.slice(asked).filter(({ ref }) => ref.includes("\n"))).toEqual([]);
  });

  test.each([
    ["..%2f..%2fetc/passwd"],
    ["demo/..%2fother"],
    ["demo/%2e%2e"],
    ["-demo/shop"],
    ["demo/--upload-pack=x"],
    ["demo/shop.git"],
    ["demo/shop%00"],
    ["demo/shop%2f..%2fshop"],
    [".sallyport/hooks"],
    ["demo"],
    ["Demo/Shop"],
  ])("the repository name %s is nobody's", async (name) => {
    const shop = await openShop();
    open.push(shop);
    const served = await serve(shop.forge, {});
    open.push(served);
    const response = await fetch(`${served.url}/git/${name}/info/refs?service=git-upload-pack`);
    expect(response.status).toBe(404);
  });

  test.each([["service=git-archive"], [""], ["service=git-upload-pack&x=1"]])(
    "the query %s is no address",
    async (query) => {
      const shop = await openShop();
      open.push(shop);
      const served = await serve(shop.forge, {});
      open.push(served);
      const response = await fetch(`${served.url}/git/${REPOSITORY}/info/refs?${query}`);
      expect(response.status).toBe(400);
    },
  );
});

function packet(text: string): Buffer {
  return Buffer.from((Buffer.byteLength(text) + 4).toString(16).padStart(4, "0") + text);
}

function post(url: string, body: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/x-git-receive-pack-request", "content-length": body.length };
    const sent = request(url, { method: "POST", headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
