import { inert, SallyportError, type Clock } from "../../base/index.ts";
import type { Database } from "../../db/index.ts";
import type { Git } from "./git/git-process.ts";
import type { GitObjects } from "./git/git-objects.ts";
import { isBranchName } from "./git/ref-name.ts";
import { findAuthorityChanges } from "./authority-changes.ts";
import type { Clone } from "./clone.ts";
import { importRepository, type Imported } from "./import-repository.ts";
import type { ObjectRegistry } from "./object-registry.ts";
import type { RefWrites } from "./ref-writes.ts";
import type { RepositoryStore } from "./repository-store.ts";
import type { Restrictions } from "./restrictions.ts";
import { snapshotWorkingTree, type Snapshot } from "./snapshot.ts";
import { tablesOf } from "./tables.ts";

/** Revisions to merge: the source is merged into the destination. */
export type MergeSides = { readonly source: string; readonly destination: string };

/**
 * What the runner and a person's command line need of the embedded forge besides its port. Nobody judges these: they are
 * for the broker's own side. Every `name` is `workspace/slug`; an unknown one throws `not-found`, a malformed one `usage`.
 * Commits are full object ids; revisions are ids, branches, tags or full ref names, and nothing else.
 */
export interface Repositories {
  listRepositories(): Promise<readonly string[]>;
  hasRepository(name: string): Promise<boolean>;
  /** Makes an empty repository if it is missing. */
  createRepository(name: string): Promise<void>;
  /** See `importRepository`: brings in the branches and tags of a clone, which stays as it is. */
  importRepository(request: { readonly name: string; readonly from: string }): Promise<Imported>;
  /** See `snapshotWorkingTree`. Import first: the snapshot stands on what is there. */
  snapshotWorkingTree(request: {
    readonly name: string;
    readonly from: string;
    readonly read?: Clone | undefined;
  }): Promise<Snapshot>;
  /** A revision as the clone at `from` reads it (`HEAD~3`, `origin/main`), or null. */
  resolveInClone(from: string, revision: string): Promise<string | null>;
  resolve(name: string, revision: string): Promise<string | null>;
  /** Bytes of a regular file in a commit; null for a missing one, a folder, a submodule, or a symbolic link. */
  readFile(name: string, commit: string, path: string): Promise<Buffer | null>;
  /** The object id at a path of a commit, or null. */
  blobId(name: string, commit: string, path: string): Promise<string | null>;
  isAncestor(name: string, ancestor: string, descendant: string): Promise<boolean>;
  /** Paths of authority files, and of what stands for them, that differ between two commits. Sorted. */
  authorityChanges(name: string, commits: { readonly from: string; readonly to: string }): Promise<readonly string[]>;
  /**
   * Merges two revisions without a work tree, and gives the commit, which is fetchable by its id and on no branch. Throws
   * `not-found` for a missing revision, and `usage` with the paths when they conflict.
   */
  mergeBranches(name: string, sides: MergeSides): Promise<string>;
  listBranches(name: string): Promise<readonly { readonly name: string; readonly commit: string }[]>;
  defaultBranch(name: string): Promise<string>;
  /** From then on imports leave it alone. Throws `not-found` when there is no such branch. */
  setDefaultBranch(name: string, branch: string): Promise<void>;
  /** The path that `git fetch <path> <branch>` takes on this machine. */
  fetchAddress(name: string): string;
  /** Whether a step moved `ref` (a full name) to where it stands now: such a ref starts no pipeline (attack 41). */
  wroteByStep(name: string, ref: string): Promise<boolean>;
  /** Globs of branches that restrictions close to steps, for a grant's `protectedBranches`. */
  restrictedBranches(name: string): Promise<readonly string[]>;
}

export type RepositoriesParts = {
  readonly git: Git;
  readonly objects: ObjectRegistry;
  readonly store: RepositoryStore;
  readonly database: Database;
  readonly clock: Clock;
  readonly refWrites: RefWrites;
  readonly restrictions: Restrictions;
};

export function createRepositories(parts: RepositoriesParts): Repositories {
  const { git, objects: registry, store, database, clock, refWrites, restrictions } = parts;
  const objectsOf = (name: string): GitObjects => registry.of(name);

  async function resolveInClone(from: string, revision: string): Promise<string | null> {
    const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`];
    const { code, stdout } = await git.run(args, { directory: from });
    return code === 0 ? stdout.toString("utf8").trim() : null;
  }

  async function mergeBranches(name: string, sides: MergeSides): Promise<string> {
    const objects = objectsOf(name);
    const [source, destination] = await Promise.all(
      [sides.source, sides.destination].map((side) => objects.resolve(side)),
    );
    if (typeof source !== "string" || typeof destination !== "string") {
      const missing = typeof source === "string" ? sides.destination : sides.source;
      throw new SallyportError("not-found", `${name} has no revision ${missing.slice(0, 100)}; push it first.`);
    }
    const merge = await objects.mergeTree(destination, source);
    if (!merge.ok) {
      const files = merge.conflicts.slice(0, 20).map((path) => inert(path));
      throw new SallyportError(
        "usage",
        `${sides.source} and ${sides.destination} of ${name} conflict in ${files.join(", ")}; merge them by hand first.`,
      );
    }
    const message = `Merge ${destination.slice(0, 12)} into ${source.slice(0, 12)}\n`;
    const commit = await objects.commitTree(merge.tree, [source, destination], message, {
      name: "Sallyport merge",
      email: "merge@sallyport.invalid",
      date: `${Math.floor(clock.now() / 1000)} +0000`,
    });
    await objects.moveRef(`refs/sallyport/merges/${commit}`, commit, null);
    return commit;
  }

  async function listBranches(name: string): Promise<readonly { readonly name: string; readonly commit: string }[]> {
    const refs = await objectsOf(name).refs("refs/heads");
    return [...refs].map(([ref, commit]) => ({ name: ref.slice("refs/heads/".length), commit }));
  }

  async function setDefaultBranch(name: string, branch: string): Promise<void> {
    const objects = objectsOf(name);
    if (!isBranchName(branch) || (await objects.resolve(`refs/heads/${branch}`)) === null) {
      throw new SallyportError("not-found", `${name} has no branch ${branch.slice(0, 100)}; push it first.`);
    }
    await git.text(["symbolic-ref", "HEAD", `refs/heads/${branch}`], objects.at);
    await tablesOf(database)
      .updateTable("forge_repositories")
      .set({ default_branch_pinned: 1 })
      .where("name", "=", name)
      .execute();
  }

  async function wroteByStep(name: string, ref: string): Promise<boolean> {
    const commit = await objectsOf(name).tip(ref);
    return commit !== null && (await refWrites.runThatWrote(name, ref, commit)) !== null;
  }

  return {
    listRepositories: async () => (await store.list()).map(({ name }) => name),
    hasRepository: async (name) => (await store.find(name)) !== null,
    createRepository: async (name) => void (await store.ensure(name)),
    importRepository: (request) => importRepository(parts, request),
    snapshotWorkingTree: ({ name, from, read }) =>
      snapshotWorkingTree(objectsOf(name), { from, now: clock.now(), read }),
    resolveInClone,
    resolve: async (name, revision) => objectsOf(name).resolve(revision),
    readFile: async (name, commit, path) => objectsOf(name).readFile(commit, path),
    blobId: async (name, commit, path) => (await objectsOf(name).entry(commit, path))?.id ?? null,
    authorityChanges: async (name, { from, to }) =>
      findAuthorityChanges(objectsOf(name), { to, from: null, trusted: from }),
    isAncestor: async (name, ancestor, descendant) => objectsOf(name).isAncestor(ancestor, descendant),
    mergeBranches,
    listBranches,
    defaultBranch: async (name) => objectsOf(name).defaultBranch(),
    setDefaultBranch,
    fetchAddress: (name) => store.pathOf(name),
    wroteByStep,
    restrictedBranches: async (name) => restrictions.pushProtected(name),
  };
}
