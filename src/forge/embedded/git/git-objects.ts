import type { Git, GitOptions } from "./git-process.ts";
import { isBranchName, isObjectId, isRefName } from "./ref-name.ts";

/** A file in a commit, as git has it: never by a work tree. */
export type TreeEntry = {
  /** Git's mode: `100644`, `100755`, `120000` (symbolic link), `160000` (submodule), `040000` (folder). */
  readonly mode: string;
  readonly type: "blob" | "tree" | "commit";
  readonly id: string;
  readonly path: string;
  readonly size: number | null;
};

/** What a merge would give: a tree, or the paths that both sides changed. */
export type MergeResult =
  { readonly ok: true; readonly tree: string } | { readonly ok: false; readonly conflicts: readonly string[] };

/** Who a commit is by, and when: `<seconds since the epoch> +0000`. */
export type Identity = { readonly name: string; readonly email: string; readonly date: string };

/** Reads of one bare repository, and the few writes that need no work tree. Object ids are full ones. */
export interface GitObjects {
  readonly git: Git;
  readonly gitDirectory: string;
  /** What every run of git in this repository gets. */
  readonly at: GitOptions;
  /** The commit that a full or short id, a branch, a tag or a full ref name stands for. Nothing else is a revision here. */
  resolve(revision: string): Promise<string | null>;
  /** One entry of a commit's tree, or null. Links are not followed. */
  entry(commit: string, path: string): Promise<TreeEntry | null>;
  /** The entries of a folder; `""` is the root. */
  folder(commit: string, path: string): Promise<readonly TreeEntry[]>;
  /** The bytes of a regular file in a commit; null for what is not there, a folder, a submodule or a symbolic link. */
  readFile(commit: string, path: string): Promise<Buffer | null>;
  readBlob(id: string): Promise<Buffer>;
  isAncestor(ancestor: string, descendant: string): Promise<boolean>;
  mergeBase(a: string, b: string): Promise<string | null>;
  mergeTree(destination: string, source: string): Promise<MergeResult>;
  /** A commit with the given tree; `author` is the committer too. */
  commitTree(tree: string, parents: readonly string[], message: string, author: Identity): Promise<string>;
  /** Moves a ref if it still has the value `from` (null: does not exist), or deletes it; false when somebody was faster. */
  moveRef(ref: string, to: string | null, from: string | null): Promise<boolean>;
  /** Refs below prefixes, or with exactly those names: full name to object id. */
  refs(...prefixes: readonly string[]): Promise<ReadonlyMap<string, string>>;
  defaultBranch(): Promise<string>;
}

/** `environment` may show a push's objects too, which wait in quarantine. */
export function createGitObjects(
  git: Git,
  gitDirectory: string,
  environment: Readonly<Record<string, string>> = {},
): GitObjects {
  const at: GitOptions = { gitDirectory, environment };

  async function resolve(revision: string): Promise<string | null> {
    for (const name of readings(revision)) {
      const { code, stdout } = await git.run(
        ["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`],
        at,
      );
      if (code === 0) return stdout.toString("utf8").trim();
    }
    return null;
  }

  async function entry(commit: string, path: string): Promise<TreeEntry | null> {
    const wanted = normalisePath(path);
    if (!isObjectId(commit) || wanted === null) return null;
    return (await list(commit, [wanted])).find((found) => found.path === wanted) ?? null;
  }

  async function folder(commit: string, path: string): Promise<readonly TreeEntry[]> {
    return list(commit, path === "" ? [] : [`${path}/`]);
  }

  async function list(commit: string, paths: readonly string[]): Promise<readonly TreeEntry[]> {
    const args = ["ls-tree", "-z", "-l", "--full-tree", commit, "--", ...paths];
    const { code, stdout } = await git.run(args, {
      ...at,
      environment: { ...environment, GIT_LITERAL_PATHSPECS: "1" },
    });
    return code === 0 ? readTree(stdout.toString("utf8")) : [];
  }

  async function readFile(commit: string, path: string): Promise<Buffer | null> {
    const found = await entry(commit, path);
    if (found === null || !found.mode.startsWith("100")) return null;
    return readBlob(found.id);
  }

  async function readBlob(id: string): Promise<Buffer> {
    const { stdout } = await git.run(["cat-file", "blob", id], at);
    return stdout;
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
    author: Identity,
  ): Promise<string> {
    return git.text(["commit-tree", tree, ...parents.flatMap((parent) => ["-p", parent]), "-F", "-"], {
      gitDirectory,
      input: message,
      environment: {
        ...environment,
        GIT_AUTHOR_NAME: author.name,
        GIT_AUTHOR_EMAIL: author.email,
        GIT_AUTHOR_DATE: author.date,
        GIT_COMMITTER_NAME: author.name,
        GIT_COMMITTER_EMAIL: author.email,
        GIT_COMMITTER_DATE: author.date,
      },
    });
  }

  async function moveRef(ref: string, to: string | null, from: string | null): Promise<boolean> {
    if (!isRefName(ref)) throw new TypeError(`${ref} is no ref name`);
    const line =
      to === null ? `delete ${ref}\0${from ?? ""}\0` : `update ${ref}\0${to}\0${from ?? "0".repeat(to.length)}\0`;
    const { code } = await git.run(["update-ref", "-z", "--stdin"], { ...at, input: line });
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

  async function defaultBranch(): Promise<string> {
    const head = await git.text(["symbolic-ref", "HEAD"], at);
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
    isAncestor,
    mergeBase,
    mergeTree,
    commitTree,
    moveRef,
    refs,
    defaultBranch,
  };
}

/** In the order in which git reads an ambiguous name, but a branch before a tag, as Bitbucket does. */
function readings(revision: string): readonly string[] {
  const names: string[] = [];
  if (revision.startsWith("refs/")) return isRefName(revision) ? [revision] : [];
  if (isBranchName(revision)) names.push(`refs/heads/${revision}`, `refs/tags/${revision}`);
  if (/^[0-9a-f]{4,64}$/u.test(revision)) names.unshift(revision);
  return names;
}

/** A path as a tree names it, or null for one that leads out or names nothing. */
function normalisePath(path: string): string | null {
  const parts = path.split("/").filter((part) => part !== "." && part !== "");
  return parts.length === 0 || parts.includes("..") || path.includes("\0") || path.startsWith("/")
    ? null
    : parts.join("/");
}

function readTree(text: string): readonly TreeEntry[] {
  return text.split("\0").flatMap((record) => {
    const match = /^(?<mode>\d{6}) (?<type>blob|tree|commit) (?<id>[0-9a-f]+) +(?<size>\d+|-)\t(?<path>[^]+)$/u.exec(
      record,
    );
    const { mode, type, id, size, path } = match?.groups ?? {};
    if (mode === undefined || id === undefined || path === undefined) return [];
    if (type !== "blob" && type !== "tree" && type !== "commit") return [];
    return [{ mode, type, id, path, size: size === undefined || size === "-" ? null : Number(size) }];
  });
}
