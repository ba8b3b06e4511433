import { chmodSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { fingerprint, openForge, openShop, REPOSITORY, runGit, serve, type Opened } from "./open-forge.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).toReversed()) await resource[Symbol.asyncDispose]();
});
const use = <Resource extends AsyncDisposable>(resource: Resource): Resource => {
  open.push(resource);
  return resource;
};

async function commit({ git, clone }: Opened, path: string, text: string): Promise<string> {
  mkdirSync(join(clone, path, ".."), { recursive: true });
  writeFileSync(join(clone, path), text);
  await git(["add", "."]);
  await git(["commit", "--quiet", "-m", path]);
  return git(["rev-parse", "HEAD"]);
}

const importAgain = ({ forge, clone }: Opened) => forge.importRepository({ name: REPOSITORY, from: clone });

describe("import", () => {
  test("brings branches and tags, and writes nothing to the clone", async () => {
    const shop = use(await openShop());
    await shop.git(["tag", "-a", "v1", "-m", "One"]);
    const before = fingerprint(shop.clone);
    const imported = await importAgain(shop);
    expect(fingerprint(shop.clone)).toEqual(before);
    const main = await shop.git(["rev-parse", "main"]);
    expect(imported).toEqual({
      defaultBranch: "main",
      defaultCommit: main,
      head: main,
      branch: "main",
      moved: ["refs/tags/v1"],
      diverged: [],
      clone: expect.objectContaining({ head: main, workTree: shop.clone }),
    });
    expect((await shop.forge.listBranches(REPOSITORY)).map(({ name }) => name)).toEqual(["main", "work"]);
    expect(await shop.forge.resolve(REPOSITORY, "v1")).toBe(main);
    await runGit(["fsck", "--strict"], shop.bare);
  });

  test("follows the clone, also after an amend, and moves nothing the second time", async () => {
    const shop = use(await openShop());
    const next = await commit(shop, "a.txt", "a\n");
    expect((await importAgain(shop)).moved).toEqual(["refs/heads/main"]);
    expect(await shop.forge.resolve(REPOSITORY, "main")).toBe(next);
    await shop.git(["commit", "--quiet", "--amend", "-m", "Other"]);
    expect((await importAgain(shop)).moved).toEqual(["refs/heads/main"]);
    expect((await importAgain(shop)).moved).toEqual([]);
    expect(await shop.forge.resolve(REPOSITORY, "main")).toBe(await shop.git(["rev-parse", "main"]));
  });

  test("keeps what was pushed, until the clone contains it", async () => {
    const shop = use(await openShop());
    const served = use(await serve(shop.forge, {}));
    const box = join(shop.folder, "box");
    await runGit(["clone", "--quiet", "--branch=work", `${served.url}/git/${REPOSITORY}`, box], shop.folder);
    writeFileSync(join(box, "agent.txt"), "agent\n");
    await runGit(["add", "."], box);
    await runGit(["commit", "--quiet", "-m", "Agent"], box);
    await runGit(["push", "--quiet", "origin", "work", "work:refs/heads/own"], box);
    const pushed = await runGit(["rev-parse", "HEAD"], box);

    expect(await importAgain(shop)).toMatchObject({ moved: [], diverged: [] });
    expect(await shop.forge.resolve(REPOSITORY, "own")).toBe(pushed);
    await shop.git(["checkout", "--quiet", "work"]);
    await commit(shop, "mine.txt", "mine\n");
    expect(await importAgain(shop)).toMatchObject({ moved: [], diverged: ["refs/heads/work"] });
    expect(await shop.forge.resolve(REPOSITORY, "work")).toBe(pushed);
    expect(await shop.forge.wroteByStep(REPOSITORY, "refs/heads/work")).toBe(true);

    await shop.git(["pull", "--quiet", "--no-rebase", "--no-edit", shop.forge.fetchAddress(REPOSITORY), "work"]);
    expect(await importAgain(shop)).toMatchObject({ moved: ["refs/heads/work"], diverged: [] });
    expect(await shop.forge.wroteByStep(REPOSITORY, "refs/heads/work")).toBe(false);
  });

  test("the default branch: origin/HEAD, else main or master, else the current one; a pinned one stays", async () => {
    const shop = use(await openShop());
    const { forge, git, clone, folder } = shop;
    const from = join(folder, "second");
    await runGit(["clone", "--quiet", clone, from], folder);
    await runGit(["checkout", "--quiet", "-b", "topic"], from);
    await runGit(["branch", "--quiet", "-D", "main"], from);
    expect(await forge.importRepository({ name: "demo/second", from })).toMatchObject({
      defaultBranch: "main",
      branch: "topic",
      defaultCommit: await git(["rev-parse", "main"]),
    });
    await forge.setDefaultBranch("demo/second", "topic");
    expect(await forge.importRepository({ name: "demo/second", from })).toMatchObject({ defaultBranch: "topic" });
    await expect(forge.setDefaultBranch("demo/second", "none")).rejects.toMatchObject({ code: "not-found" });

    await git(["branch", "--quiet", "-m", "main", "trunk"]);
    await git(["branch", "--quiet", "-D", "work"]);
    expect(await forge.importRepository({ name: "demo/trunk", from: clone })).toMatchObject({ defaultBranch: "trunk" });
  });

  test("a shallow clone, a detached head, a linked work tree, a clone without commits", async () => {
    const shop = use(await openShop());
    const { forge, git, clone, folder } = shop;
    await commit(shop, "b.txt", "b\n");
    const shallow = join(folder, "shallow");
    await runGit(["clone", "--quiet", "--depth=1", `file://${clone}`, shallow], folder);
    await runGit(["checkout", "--quiet", "--detach"], shallow);
    const head = await git(["rev-parse", "HEAD"]);
    const imported = await forge.importRepository({ name: "demo/shallow", from: shallow });
    expect(imported).toMatchObject({ head, branch: null, defaultCommit: head });
    const served = use(await serve(forge, {}));
    await runGit(["clone", "--quiet", `${served.url}/git/demo/shallow`, join(folder, "again")], folder);

    const linked = join(folder, "linked");
    await git(["worktree", "add", "--quiet", linked, "work"]);
    expect(await forge.importRepository({ name: REPOSITORY, from: linked })).toMatchObject({ branch: "work" });

    const fresh = use(await openForge());
    expect(await importAgain(fresh)).toMatchObject({ head: null, defaultCommit: null, moved: [] });
  });

  test("what is no repository, or no repository's name, is one clear sentence", async () => {
    const shop = use(await openShop());
    const none = join(shop.folder, "none");
    mkdirSync(none);
    await expect(shop.forge.importRepository({ name: REPOSITORY, from: none })).rejects.toMatchObject({
      code: "not-found",
    });
    for (const name of ["../x", "a", "a/..", "-a/b", "a/b/c", "A/B", "a/.b", "a/b.git", "a/b\0", "a/b.lock", ""]) {
      await expect(shop.forge.importRepository({ name, from: shop.clone })).rejects.toMatchObject({ code: "usage" });
      expect(await shop.forge.hasRepository(name)).toBe(false);
    }
  });

  test("revisions are ids, branches, tags and refs, and nothing that git would compute", async () => {
    const shop = use(await openShop());
    const main = await shop.git(["rev-parse", "main"]);
    for (const revision of [main, main.slice(0, 10), "main", "refs/heads/main"]) {
      expect(await shop.forge.resolve(REPOSITORY, revision)).toBe(main);
    }
    const hostile = [
      "main~1",
      "main^",
      "-main",
      "--all",
      "main:README.md",
      "@{1}",
      ":/Begin",
      "main..work",
      "",
      "a\nb",
      "*",
    ];
    for (const revision of hostile) expect(await shop.forge.resolve(REPOSITORY, revision)).toBeNull();
    expect(await shop.forge.resolveInClone(shop.clone, "work~1")).toBe(main);
    expect(await shop.forge.resolveInClone(shop.clone, "--all")).toBeNull();
  });

  test("files are read from objects; links and folders are none", async () => {
    const shop = use(await openShop());
    symlinkSync("/etc/passwd", join(shop.clone, "link.yml"));
    symlinkSync("src", join(shop.clone, "folder"));
    const at = await commit(shop, "odd\nname.txt", "odd\n");
    await importAgain(shop);
    const read = async (path: string) => (await shop.forge.readFile(REPOSITORY, at, path))?.toString();
    expect(await read("src/cart.js")).toBe("export const total = 1;\n");
    expect(await read("./src//cart.js")).toBe("export const total = 1;\n");
    expect(await read("odd\nname.txt")).toBe("odd\n");
    for (const path of [
      "link.yml",
      "folder/cart.js",
      "src",
      "none",
      "",
      "/README.md",
      "../README.md",
      "no\nne",
      "src/../README.md",
    ]) {
      expect(await read(path)).toBeUndefined();
    }
    expect(await shop.forge.readFile(REPOSITORY, "main", "README.md")).toBeNull();
    expect(await shop.forge.blobId(REPOSITORY, at, "README.md")).toBe(await shop.git(["rev-parse", "HEAD:README.md"]));
  });

  test("a merge without a work tree, and its conflicts", async () => {
    const shop = use(await openShop());
    await commit(shop, "a.txt", "a\n");
    await importAgain(shop);
    const merged = await shop.forge.mergeBranches(REPOSITORY, { source: "work", destination: "main" });
    expect((await shop.forge.readFile(REPOSITORY, merged, "a.txt"))?.toString()).toBe("a\n");
    expect((await shop.forge.readFile(REPOSITORY, merged, "src/cart.js"))?.toString()).toContain("tax");
    await commit(shop, "src/cart.js", "conflict\n");
    await importAgain(shop);
    const sides = { source: "work", destination: "main" };
    await expect(shop.forge.mergeBranches(REPOSITORY, sides)).rejects.toThrow("conflict in src/cart.js");
    await expect(shop.forge.mergeBranches(REPOSITORY, { ...sides, source: "none" })).rejects.toMatchObject({
      code: "not-found",
    });
  });
});

describe("snapshot", () => {
  const snapshot = ({ forge, clone }: Opened) => forge.snapshotWorkingTree({ name: REPOSITORY, from: clone });
  const names = async ({ bare }: Opened, id: string) =>
    (await runGit(["ls-tree", "-r", "--name-only", id], bare)).split("\n");

  test("a clean tree is HEAD itself", async () => {
    const shop = use(await openShop());
    const before = fingerprint(shop.clone);
    const head = await shop.git(["rev-parse", "HEAD"]);
    expect(await snapshot(shop)).toEqual({ commit: head, base: head, dirty: false });
    expect(fingerprint(shop.clone)).toEqual(before);
  });

  test("changes, new files, removals and staged blobs; not what is ignored", async () => {
    const shop = use(await openShop());
    const { clone, git, bare } = shop;
    writeFileSync(join(clone, ".gitignore"), "*.log\n");
    mkdirSync(join(clone, ".git/info"), { recursive: true });
    writeFileSync(join(clone, ".git/info/exclude"), "private.txt\n");
    writeFileSync(join(clone, "private.txt"), "private\n");
    writeFileSync(join(clone, "debug.log"), "noise\n");
    writeFileSync(join(clone, "forced.log"), "kept\n");
    writeFileSync(join(clone, "new.txt"), "new\n");
    writeFileSync(join(clone, "staged.txt"), "staged\n");
    writeFileSync(join(clone, "run.sh"), "#!/bin/sh\n");
    chmodSync(join(clone, "run.sh"), 0o755);
    symlinkSync("/etc/passwd", join(clone, "link"));
    // Old enough that git believes its index, and does not read the file again.
    utimesSync(join(clone, "staged.txt"), 1_700_000_000, 1_700_000_000);
    await git(["add", "staged.txt"]);
    await git(["add", "--force", "forced.log"]);
    // A blob that the clone has and nothing names, as after a reset.
    await git(["hash-object", "-w", "new.txt"]);
    rmSync(join(clone, "README.md"));
    writeFileSync(join(clone, "src/cart.js"), "changed\n");
    const before = fingerprint(clone);
    const head = await git(["rev-parse", "HEAD"]);

    const { commit: id, base, dirty } = await snapshot(shop);
    expect(fingerprint(clone)).toEqual(before);
    expect({ base, dirty }).toEqual({ base: head, dirty: true });
    expect(await names(shop, id)).toEqual(
      [
        ".gitignore",
        "bitbucket-pipelines.yml",
        "forced.log",
        "link",
        "new.txt",
        "run.sh",
        "src/cart.js",
        "staged.txt",
      ].toSorted(),
    );
    expect(await runGit(["show", `${id}:staged.txt`], bare)).toBe("staged");
    expect(await runGit(["show", `${id}:src/cart.js`], bare)).toBe("changed");
    expect(await runGit(["ls-tree", id, "link", "run.sh"], bare)).toMatch(/^120000 .*\n100755 /u);
    expect(await runGit(["log", "-1", "--format=%P", id], bare)).toBe(head);
    await runGit(["fsck", "--strict", "--connectivity-only"], bare);
  });

  test("filters, hooks, fsmonitor and other programs that the clone's configuration names do not run", async () => {
    const shop = use(await openShop());
    const { clone, git, folder } = shop;
    const marker = join(folder, "ran");
    const script = join(folder, "evil");
    writeFileSync(script, `#!/bin/sh\ntouch ${marker}\nexit 1\n`);
    chmodSync(script, 0o755);
    writeFileSync(join(clone, ".gitattributes"), "* filter=evil diff=evil\n");
    for (const key of [
      "core.fsmonitor",
      "filter.evil.clean",
      "filter.evil.smudge",
      "filter.evil.process",
      "diff.evil.textconv",
      "diff.external",
      "core.sshCommand",
      "core.alternateRefsCommand",
      "uploadpack.packObjectsHook",
      "core.editor",
      "core.pager",
    ]) {
      await runGit(["config", "--file", join(clone, ".git/config"), key, script], folder);
    }
    writeFileSync(join(clone, "new.txt"), "new\n");
    for (const hook of [
      "pre-commit",
      "post-index-change",
      "reference-transaction",
      "pre-auto-gc",
      "fsmonitor-watchman",
    ]) {
      mkdirSync(join(clone, ".git/hooks"), { recursive: true });
      writeFileSync(join(clone, ".git/hooks", hook), `#!/bin/sh\ntouch ${marker}\n`);
      chmodSync(join(clone, ".git/hooks", hook), 0o755);
    }
    await shop.forge.importRepository({ name: REPOSITORY, from: clone });
    const { commit: id } = await snapshot(shop);
    expect((await shop.forge.readFile(REPOSITORY, id, "new.txt"))?.toString()).toBe("new\n");
    expect(() => fingerprint(join(folder, "ran"))).toThrow("ENOENT");
    // The same programs do run when the user's own git adds: the test can fail.
    await git(["add", "new.txt"]).catch(() => undefined);
    expect(() => fingerprint(join(folder, "ran"))).toThrow("ENOTDIR");
  });

  test("a split index, a folder below the top, a detached head that no branch leads to", async () => {
    const shop = use(await openShop());
    const { clone, git, forge } = shop;
    await git(["checkout", "--quiet", "--detach"]);
    const head = await commit(shop, "loose.txt", "loose\n");
    await git(["update-index", "--split-index"]);
    writeFileSync(join(clone, "new.txt"), "new\n");
    const { commit: id, base } = await forge.snapshotWorkingTree({ name: REPOSITORY, from: join(clone, "src") });
    expect(base).toBe(head);
    expect(await names(shop, id)).toContain("new.txt");
    expect(await names(shop, id)).toContain("loose.txt");
  });

  test("without a commit, or without a work tree, is refused in a sentence", async () => {
    const fresh = use(await openForge());
    await fresh.forge.createRepository(REPOSITORY);
    await expect(snapshot(fresh)).rejects.toMatchObject({ code: "not-found" });
    const shop = use(await openShop());
    const bare = join(shop.folder, "bare.git");
    await runGit(["clone", "--quiet", "--bare", shop.clone, bare], shop.folder);
    await expect(shop.forge.snapshotWorkingTree({ name: REPOSITORY, from: bare })).rejects.toThrow("no work tree");
  });
});
