import { readClone, type Clone } from "./clone.ts";
import { copyObjects } from "./git/copy-objects.ts";
import type { Git } from "./git/git-process.ts";
import type { GitObjects } from "./git/git-objects.ts";
import { isRefName } from "./git/ref-name.ts";
import type { ObjectRegistry } from "./object-registry.ts";
import type { RepositoryStore } from "./repository-store.ts";
import { tablesOf } from "./tables.ts";
import type { Database } from "../../db/index.ts";

/** What an import found and did. */
export type Imported = {
  readonly defaultBranch: string;
  /** The commit of the default branch in the forge, or null when there is no commit yet. */
  readonly defaultCommit: string | null;
  /** What is checked out in the clone. */
  readonly head: string | null;
  readonly branch: string | null;
  /** Full names of the refs that now stand where the clone's do. */
  readonly moved: readonly string[];
  /** Refs that moved in the clone and in the forge, apart from each other: the forge's stays. */
  readonly diverged: readonly string[];
  /** The clone as it was read. */
  readonly clone: Clone;
};

/** Where the clone's refs stood at the last import: `refs/sallyport/clone/heads/main`. */
const SEEN = "refs/sallyport/clone/";

/**
 * Brings the branches and tags of a clone into the bare repository; makes the repository on first use.
 *
 * A branch of the forge follows the clone's, also backwards after an amend, as long as nothing but imports moved it. One
 * that a push or a merge moved meanwhile is updated only if the clone's contains that work, so nothing is ever lost.
 * Branches that the clone does not have stay.
 */
export async function importRepository(
  parts: {
    readonly git: Git;
    readonly objects: ObjectRegistry;
    readonly store: RepositoryStore;
    readonly database: Database;
  },
  { name, from }: { readonly name: string; readonly from: string },
): Promise<Imported> {
  const clone = await readClone(parts.git, from);
  const row = await parts.store.ensure(name, clone.objectFormat);
  const objects = parts.objects.of(name);
  const [present, current] = await Promise.all([objects.refs(), objects.defaultBranch()]);
  const theirs = wantedRefs(clone);

  await fetchObjects(objects, clone, theirs, present);
  const { moved, diverged } = await moveRefs(objects, theirs, present);
  const defaultBranch = await settleDefaultBranch(objects, clone, {
    current,
    pinned: row.default_branch_pinned === 1,
    refs: moved.length === 0 ? present : await objects.refs("refs/heads"),
  });
  if (moved.length > 0) await forgetStepWrites(parts.database, name, moved);
  const defaultCommit = await objects.resolve(`refs/heads/${defaultBranch}`);
  return { defaultBranch, defaultCommit, head: clone.head, branch: clone.branch, moved, diverged, clone };
}

/** The clone's refs, and origin's default branch where the clone has no branch of that name. */
function wantedRefs(clone: Clone): ReadonlyMap<string, string> {
  const wanted = new Map([...clone.refs].filter(([ref]) => isRefName(ref)));
  if (clone.origin !== null) {
    const ref = `refs/heads/${clone.origin.branch}`;
    if (!wanted.has(ref)) wanted.set(ref, clone.origin.commit);
  }
  return wanted;
}

async function fetchObjects(
  objects: GitObjects,
  clone: Clone,
  theirs: ReadonlyMap<string, string>,
  present: ReadonlyMap<string, string>,
): Promise<void> {
  const known = new Set(present.values());
  const wanted = [...new Set([...theirs.values(), ...(clone.head === null ? [] : [clone.head])])];
  const missing = wanted.filter((id) => !known.has(id));
  if (missing.length === 0) return;
  await copyObjects(objects.git, {
    gitDirectory: objects.gitDirectory,
    from: clone.objects,
    shallowFile: clone.shallowFile,
    wanted: missing,
    present: [...known],
  });
}

async function moveRefs(
  objects: GitObjects,
  theirs: ReadonlyMap<string, string>,
  present: ReadonlyMap<string, string>,
): Promise<Pick<Imported, "moved" | "diverged">> {
  const moved: string[] = [];
  const diverged: string[] = [];
  for (const [ref, id] of theirs) {
    const seenRef = SEEN + ref.slice("refs/".length);
    const seen = present.get(seenRef);
    const ours = present.get(ref);
    if (seen === id) continue;
    const free = ours === undefined || ours === seen || ours === id || (await objects.isAncestor(ours, id));
    if (!free) {
      diverged.push(ref);
      continue;
    }
    if (ours !== id) {
      if (!(await objects.moveRef(ref, id, ours ?? null))) {
        diverged.push(ref);
        continue;
      }
      moved.push(ref);
    }
    await objects.moveRef(seenRef, id, seen ?? null);
  }
  return { moved, diverged };
}

/** Policy may name another; without that it is `origin/HEAD`, else `main` or `master`, else what is checked out (design, rule 2). */
async function settleDefaultBranch(
  objects: GitObjects,
  clone: Clone,
  known: { readonly current: string; readonly pinned: boolean; readonly refs: ReadonlyMap<string, string> },
): Promise<string> {
  const { current, pinned, refs } = known;
  const has = (branch: string | null | undefined): branch is string => refs.has(`refs/heads/${branch}`);
  if (pinned && has(current)) return current;
  const choices = [clone.origin?.branch, has(current) ? current : null, "main", "master", clone.branch];
  const chosen = choices.find(has) ?? current;
  if (chosen !== current) await objects.git.text(["symbolic-ref", "HEAD", `refs/heads/${chosen}`], objects.at);
  return chosen;
}

/** A ref that its user moved is the user's again. */
async function forgetStepWrites(database: Database, name: string, refs: readonly string[]): Promise<void> {
  await tablesOf(database)
    .deleteFrom("forge_ref_writes")
    .where("repository", "=", name)
    .where("ref", "in", [...refs])
    .execute();
}
