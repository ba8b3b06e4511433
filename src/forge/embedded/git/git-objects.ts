import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inert, SallyportError } from "../../../base/index.ts";
import type { Git, GitOptions } from "./git-process.ts";
import { createObjectReader } from "./object-reader.ts";
import { isBranchName, isObjectId, isRefName } from "./ref-name.ts";
import { normalisePath, parseTree, type TreeEntry } from "./tree.ts";

/** What a merge would give: a tree, or the paths that both sides changed. */
export type MergeResult =
  { readonly ok: true; readonly tree: string } | { readonly ok: false; readonly conflicts: readonly string[] };

/** Who a commit is by, and when: `<seconds since the epoch> +0000`. */
export type Identity = { readonly name: string; readonly email: string; readonly date: string };

/** Reads of one bare repository, and the few writes that need no work tree. Object ids are full ones. */
export interface GitObjects extends Disposable {
  readonly git: Git;
  readonly gitDirectory: string;
  /** What every run of git in this repository gets. */
  readonly at: GitOptions;
  /** The commit that a full or short id, a branch, a tag or a full ref name stands for. Nothing else is a revision here. */
  resolve(revision: string): Promise<string | null>;
  /** One entry of a commit's tree, or null. Links are not followed. */
  entry(commit: string, path: string): Promise<TreeEntry | null>;
  /** The entries of a folder, or null when there is none; `""` is the root. */
  folder(commit: string, path: string): Promise<readonly TreeEntry[] | null>;
  /**
   * The bytes of a regular file in a commit; null for what is not there, a folder, a submodule or a symbolic link. Throws
   * `invalid-file` for more than 4 MiB: it is for files that people write, and anybody may open a pull request (attack 27).
   */
  readFile(commit: string, path: string): Promise<Buffer | null>;
  readBlob(id: string): Promise<Buffer>;
  /** The id of a commit's tree, or null. */
  treeOf(commit: string): Promise<string | null>;
  /** Bytes of an object; null for what is not there. */
  sizeOf(id: string): Promise<number | null>;
  isAncestor(ancestor: string, descendant: string): Promise<boolean>;
  mergeBase(a: string, b: string): Promise<string | null>;
  mergeTree(destination: string, source: string): Promise<MergeResult>;
  /** A commit with the given tree; `author` is the committer too. */
  commitTree(tree: string, parents: readonly string[], message: string, author: Identity): Promise<string>;
  /** Moves a ref if it still has the value `from` (null: does not exist), or deletes it; false when somebody was faster. */
  moveRef(ref: string, to: string | null, from: string | null): Promise<boolean>;
  /** Refs below prefixes, or all: full name to object id. */
  refs(...prefixes: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** The object id that one ref has, or null. */
  tip(ref: string): Promise<string | null>;
  defaultBranch(): Promise<string>;
}

const LONGEST_FILE = 4 * 1024 * 1024;

/** `environment` may show a push's objects too, which wait in quarantine. Dispose of it to end the process that reads. */
export function createGitObjects(
  git: Git,
  gitDirectory: string,
  environment: Readonly<Record<string, string>> = {},
): GitObjects {
  const at: GitOptions = { gitDirectory, environment };
  const reader = createObjectReader(git, gitDirectory, environment);

  async function resolve(revision: string): Promise<string | null> {
    for (const name of readings(revision)) {
      const found = await reader.info(`${name}^{commit}`);
      if (found !== null) return found.id;
    }
    return null;
  }

  async function entry(commit: string, path: string): Promise<TreeEntry | null> {
    const wanted = normalisePath(path);
    if (wanted === null) return null;
    const slash = wanted.lastIndexOf("/");
    const siblings = await folder(commit, slash < 0 ? "" : wanted.slice(0, slash));
    return siblings?.find(({ name }) => name === wanted.slice(slash + 1)) ?? null;
  }

  async function folder(commit: string, path: string): Promise<readonly TreeEntry[] | null> {
    if (!isObjectId(commit)) return null;
    const found = await reader.contents(path === "" ? `${commit}^{tree}` : `${commit}:${path}`);
    return found?.info.type === "tree" ? parseTree(found.bytes, commit.length === 40 ? 20 : 32) : null;
  }

  async function readFile(commit: string, path: string): Promise<Buffer | null> {
    const found = await entry(commit, path);
    if (found?.mode.startsWith("100") !== true) return null;
    const size = (await reader.info(found.id))?.size ?? 0;
    if (size <= LONGEST_FILE) return readBlob(found.id);
    const what = `${inert(path)} at ${commit.slice(0, 7)} has ${size} bytes`;
    throw new SallyportError("invalid-file", `${what}, over ${LONGEST_FILE}; make it shorter.`);
  }

  async function readBlob(id: string): Promise<Buffer> {
    const found = await reader.contents(id);
    if (found?.info.type !== "blob") throw new TypeError(`${id} is no blob`);
    return found.bytes;
  }

  async function isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    const { code } = await git.run(["merge-base", "--is-ancestor", ancestor, descendant], at);
    return code === 0;
  }

  async function mergeBase(a: string, b: string): Promise<string | null> {
    const { code, stdout } = await git.run(["merge-base", a, b], at);
    return code === 0 ? stdout.toString("utf8").trim() : null;
  }

  async function mergeTree(destination: string, source: string): Promise<MergeResult> {
    const args = ["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", destination, source];
    const { code, stdout, stderr } = await git.run(args, at);
    const [tree = "", ...paths] = stdout.toString("utf8").split("\0");
    if (code === 0) return { ok: true, tree };
    if (code === 1) return { ok: false, conflicts: [...new Set(paths.filter((path) => path !== ""))] };
    return { ok: false, conflicts: [stderr.trim()] };
  }

  async function commitTree(
    tree: string,
    parents: readonly string[],
    message: string,
    { name, email, date }: Identity,
  ): Promise<string> {
    const author = { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_AUTHOR_DATE: date };
    const committer = { GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email, GIT_COMMITTER_DATE: date };
    return git.text(["commit-tree", tree, ...parents.flatMap((parent) => ["-p", parent]), "-F", "-"], {
      gitDirectory,
      input: message,
      environment: { ...environment, ...author, ...committer },
    });
  }

  async function moveRef(ref: string, to: string | null, from: string | null): Promise<boolean> {
    if (!isRefName(ref)) throw new TypeError(`${ref} is no ref name`);
    const input =
      to === null ? `delete ${ref}\0${from ?? ""}\0` : `update ${ref}\0${to}\0${from ?? "0".repeat(to.length)}\0`;
    const { code } = await git.run(["update-ref", "-z", "--stdin"], { ...at, input });
    return code === 0;
  }

  async function refs(...prefixes: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const text = await git.text(["for-each-ref", "--format=%(refname)%00%(objectname)", ...prefixes], at);
    const pairs = text.split("\n").flatMap((line) => {
      const [ref, id] = line.split("\0");
      return ref !== undefined && id !== undefined ? [[ref, id] as const] : [];
    });
    return new Map(pairs);
  }

  async function tip(ref: string): Promise<string | null> {
    if (!isRefName(ref)) return null;
    return (ref.startsWith("refs/") ? readLooseRef(gitDirectory, ref) : null) ?? (await reader.info(ref))?.id ?? null;
  }

  async function defaultBranch(): Promise<string> {
    const head = readLooseHead(gitDirectory) ?? (await git.text(["symbolic-ref", "HEAD"], at));
    return head.replace(/^refs\/heads\//u, "");
  }

  return {
    git,
    gitDirectory,
    at,
    resolve,
    entry,
    folder,
    readFile,
    readBlob,
    treeOf: async (commit) => (await reader.info(`${commit}^{tree}`))?.id ?? null,
    sizeOf: async (id) => (await reader.info(id))?.size ?? null,
    isAncestor,
    mergeBase,
    mergeTree,
    commitTree,
    moveRef,
    refs,
    tip,
    defaultBranch,
    [Symbol.dispose]: () => reader[Symbol.dispose](),
  };
}

/**
 * The id in a ref's own file (gitrepository-layout(5), `refs/`), which git replaces as a whole and which goes before packed
 * refs. Null for whatever else may stand there or elsewhere: git is asked then. A pull request is shown with the tips of
 * its branches, and to wake another process for them takes as long as all the rest.
 */
function readLooseRef(gitDirectory: string, ref: string): string | null {
  const [, id] = /^([0-9a-f]{40}|[0-9a-f]{64})\n$/u.exec(readRefFile(gitDirectory, ref)) ?? [];
  return id ?? null;
}

/** The ref that HEAD names, read the same way (gitrepository-layout(5), `HEAD`). */
function readLooseHead(gitDirectory: string): string | null {
  const [, ref] = /^ref: (refs\/heads\/[^\n]+)\n$/u.exec(readRefFile(gitDirectory, "HEAD")) ?? [];
  return ref ?? null;
}

function readRefFile(gitDirectory: string, name: string): string {
  try {
    return readFileSync(join(gitDirectory, name), "utf8");
  } catch {
    return "";
  }
}

/** A full or short id first, then a branch before a tag, as Bitbucket reads them. */
function readings(revision: string): readonly string[] {
  if (revision.startsWith("refs/")) return isRefName(revision) ? [revision] : [];
  const ids = /^[0-9a-f]{4,64}$/u.test(revision) ? [revision] : [];
  const names = isBranchName(revision) ? [`refs/heads/${revision}`, `refs/tags/${revision}`] : [];
  return [...ids, ...names];
}
