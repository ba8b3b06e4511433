import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { readdirSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { SallyportError } from "../../base/index.ts";
import { readClone, type Clone } from "./clone.ts";
import { copyObjects } from "./git/copy-objects.ts";
import type { Git, GitConfiguration, GitOptions } from "./git/git-process.ts";
import type { GitObjects } from "./git/git-objects.ts";
import { isNullId } from "./git/ref-name.ts";

/** A work tree as one commit in the forge. */
export type Snapshot = {
  /** The snapshot, or HEAD itself when the work tree is as HEAD says. */
  readonly commit: string;
  /** The commit that is checked out. */
  readonly base: string;
  readonly dirty: boolean;
};

/** What of a clone's own configuration says how files become blobs. Nothing that names a program is among them. */
const FILE_SETTINGS =
  /^core\.(?:excludesfile|autocrlf|eol|filemode|symlinks|ignorecase|safecrlf|precomposeunicode|quotepath)$/u;

/**
 * Tracked changes and unignored new files of a clone's work tree as a commit on top of HEAD.
 *
 * `GIT_DIR` is the bare repository, and the index a copy, so nothing is written to the clone and none of its hooks, filters
 * or `core.fsmonitor` is configured. A ref under `refs/sallyport/` keeps the commit. Throws `not-found` without a commit.
 * `read` is what an import has just read of the clone.
 */
export async function snapshotWorkingTree(
  objects: GitObjects,
  { from, now, read }: { readonly from: string; readonly now: number; readonly read?: Clone | undefined },
): Promise<Snapshot> {
  const { git, gitDirectory } = objects;
  const clone = read ?? (await readClone(git, from));
  const base = clone.head;
  if (base === null) throw new SallyportError("not-found", `${from} has no commit yet; make one with git commit.`);
  const workTree = await findWorkTree(git, clone);

  await ensureCommit(objects, clone, base);
  const scratch = await mkdtemp(join(gitDirectory, "snapshot-"));
  try {
    const tree = await writeTree(objects, { clone, workTree, scratch, base });
    if (tree === (await objects.treeOf(base))) return { commit: base, base, dirty: false };
    return { commit: await commitSnapshot(objects, { tree, base, now }), base, dirty: true };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/**
 * The top of the work tree. A clone's own `core.worktree` may name any folder of the host, whose files would then be a
 * box's (attack 28), so the folder must lead to this very clone.
 */
async function findWorkTree(git: Git, { directory, gitDirectory, workTree }: Clone): Promise<string> {
  if (workTree === null)
    throw new SallyportError("not-found", `${directory} has no work tree; name a clone that has one.`);
  if (workTree === realpathSync(directory)) return workTree;
  const back = await git.run(["rev-parse", "--absolute-git-dir"], { directory: workTree });
  const found = back.stdout.toString("utf8").replace(/\n$/u, "");
  if (back.code === 0 && realpathSync(found) === realpathSync(gitDirectory)) return workTree;
  throw new SallyportError(
    "refused",
    `${directory} says that its work tree is ${workTree}, which is no clone of it; run: git config --unset core.worktree`,
  );
}

/** HEAD may be detached, on a commit that no branch led to. */
async function ensureCommit(objects: GitObjects, clone: Clone, base: string): Promise<void> {
  if ((await objects.resolve(base)) !== null) return;
  const present = [...(await objects.refs()).values()];
  const { git, gitDirectory } = objects;
  await copyObjects(git, {
    gitDirectory,
    from: clone.objects,
    shallowFile: clone.shallowFile,
    wanted: [base],
    present,
  });
  await objects.moveRef(`refs/sallyport/snapshots/${base}`, base, null);
}

type Work = { readonly clone: Clone; readonly workTree: string; readonly scratch: string; readonly base: string };

async function writeTree(objects: GitObjects, { clone, workTree, scratch, base }: Work): Promise<string> {
  const { git, gitDirectory } = objects;
  const options: GitOptions = {
    gitDirectory,
    directory: workTree,
    configuration: await fileSettings(git, clone, scratch),
    environment: { GIT_WORK_TREE: workTree, GIT_INDEX_FILE: join(scratch, "index") },
  };
  if (await copyIndex(clone, scratch)) await copyStaged(objects, clone, base, options);
  else await git.text(["read-tree", base], options);
  await git.text(["add", "--all", "--", "."], options);
  return git.text(["write-tree"], options);
}

/** With the index come what it knows of the files' times, so that unchanged ones are not read. False when there is none to copy. */
async function copyIndex(clone: Clone, scratch: string): Promise<boolean> {
  if (hasSplitIndex(clone)) return false;
  return copyFile(join(clone.gitDirectory, "index"), join(scratch, "index")).then(
    () => true,
    () => false,
  );
}

/**
 * Copies blobs that were staged and never committed. The clone's objects are no alternate while git adds: it would touch
 * the time of each one that it finds there (`freshen_file` in git's object-file.c).
 */
async function copyStaged(objects: GitObjects, clone: Clone, base: string, options: GitOptions): Promise<void> {
  const { git, gitDirectory } = objects;
  const args = ["diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-abbrev", "--ignore-submodules", base];
  const records = (await git.text(args, options)).split("\0").filter((record) => record.startsWith(":"));
  const staged = new Set(records.flatMap((record) => record.split(" ").slice(3, 4)));
  const missing: string[] = [];
  for (const id of staged) if (!isNullId(id) && (await objects.sizeOf(id)) === null) missing.push(id);
  if (missing.length === 0) return;
  await copyObjects(git, { gitDirectory, from: clone.objects, shallowFile: null, wanted: missing, present: [] });
}

/** A split index is two files, of which the second is looked for in `GIT_DIR`. */
function hasSplitIndex(clone: Clone): boolean {
  return readdirSync(clone.gitDirectory).some((name) => name.startsWith("sharedindex."));
}

/** The user's own settings, global ones included, and one file with all their excludes. */
async function fileSettings(git: Git, clone: Clone, scratch: string): Promise<GitConfiguration> {
  const { stdout } = await git.run(["config", "--list", "--null", "--includes"], {
    directory: clone.directory,
    environment: {
      HOME: homedir(),
      GIT_CONFIG_GLOBAL: join(homedir(), ".gitconfig"),
      GIT_CONFIG_SYSTEM: "/etc/gitconfig",
    },
  });
  const settings = new Map<string, string>();
  for (const record of stdout.toString("utf8").split("\0")) {
    const [name = "", value = "true"] = record.split(/\n([^]*)/u);
    if (FILE_SETTINGS.test(name)) settings.set(name, value);
  }
  const globalExcludes = settings.get("core.excludesfile") ?? join(homedir(), ".config", "git", "ignore");
  const excludes = join(scratch, "excludes");
  // The later line wins, so the clone's own come last (gitignore(5), "Patterns which a user wants git to ignore").
  const files = [globalExcludes.replace(/^~\//u, `${homedir()}/`), join(clone.commonDirectory, "info", "exclude")];
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8").catch(() => "")));
  await writeFile(excludes, texts.join("\n"));
  return [
    ...settings,
    ["core.excludesfile", excludes],
    ["core.untrackedCache", "false"],
    ["core.splitIndex", "false"],
    ["advice.addEmbeddedRepo", "false"],
  ];
}

async function commitSnapshot(
  objects: GitObjects,
  { tree, base, now }: { readonly tree: string; readonly base: string; readonly now: number },
): Promise<string> {
  const message = `Working tree of ${base.slice(0, 12)}\n`;
  const commit = await objects.commitTree(tree, [base], message, {
    name: "Sallyport snapshot",
    email: "snapshot@sallyport.invalid",
    date: `${Math.floor(now / 1000)} +0000`,
  });
  await objects.moveRef(`refs/sallyport/snapshots/${commit}`, commit, null);
  return commit;
}
