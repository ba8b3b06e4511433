import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createGitObjects } from "../../src/forge/embedded/git/git-objects.ts";
import { createGit } from "../../src/forge/embedded/git/git-process.ts";

test("the tip of a ref is git's own, however the ref is stored and whoever moved it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-tips-"));
  try {
    const bare = join(folder, "shop.git");
    const git = (...args: string[]) => execFileSync("git", ["-C", bare, ...args], { encoding: "utf8" }).trim();
    execFileSync("git", ["init", "--quiet", "--bare", "--initial-branch=main", bare]);
    const tree = git("hash-object", "-t", "tree", "-w", "/dev/null");
    const identity = ["-c", "user.name=robin", "-c", "user.email=robin@shop.invalid"];
    const commit = (text: string) => git(...identity, "commit-tree", tree, "-m", text);
    const [first, second] = [commit("first"), commit("second")];
    using objects = createGitObjects(createGit({ hooks: folder, home: folder }), bare);
    const tips = async () => [
      await objects.tip("refs/heads/main"),
      await objects.tip("refs/heads/alias"),
      await objects.tip("refs/tags/v1"),
    ];

    git("update-ref", "refs/heads/main", first);
    git("symbolic-ref", "refs/heads/alias", "refs/heads/main");
    git(...identity, "tag", "-a", "v1", "-m", "one", first);
    const tag = git("rev-parse", "refs/tags/v1");
    expect(await tips()).toEqual([first, first, tag]);
    git("pack-refs", "--all");
    expect(await tips()).toEqual([first, first, tag]);
    git("update-ref", "refs/heads/main", second);
    expect(await tips()).toEqual([second, second, tag]);
    git("update-ref", "-d", "refs/heads/main");
    expect(await tips()).toEqual([null, null, tag]);

    // What is no ref's file is never read as one, whatever stands in it.
    writeFileSync(join(bare, "notes"), `${first}\n`);
    expect(readFileSync(join(bare, "notes"), "utf8")).toContain(first);
    for (const name of ["refs/../notes", "refs/heads/../../notes", "refs/heads/none", "refs/heads"]) {
      expect(await objects.tip(name)).toBe(null);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
