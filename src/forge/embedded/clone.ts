import { existsSync, lstatSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { SallyportError } from "../../base/index.ts";
import type { Git, GitResult } from "./git/git-process.ts";

/** A user's clone, as far as it is read. Nothing is ever written to it. */
export type Clone = {
  /** Absolute paths: the folder that was named, `.git`, and what linked work trees have in common. */
  readonly directory: string;
  readonly gitDirectory: string;
  readonly commonDirectory: string;
  readonly objects: string;
  /** The top of the work tree as the clone names it, or null for a bare one. */
  readonly workTree: string | null;
  readonly objectFormat: "sha1" | "sha256";
  /** The commit that is checked out, or null before the first. */
  readonly head: string | null;
  /** The branch that is checked out, or null when HEAD is detached. */
  readonly branch: string | null;
  /** Branches and tags: full ref name to object id. */
  readonly refs: ReadonlyMap<string, string>;
  /** What `origin/HEAD` points to, or null: the branch's name and the commit last fetched. */
  readonly origin: { readonly branch: string; readonly commit: string } | null;
  /** The file that names the ends of a shallow history, or null. */
  readonly shallowFile: string | null;
};

/**
 * Reads a clone by two git processes. Throws `not-found` when `directory` is not in a git repository, `refused` when it is
 * another user's.
 */
export async function readClone(git: Git, directory: string): Promise<Clone> {
  const [where, listed] = await Promise.all([
    findClone(git, directory),
    git.run(
      [
        "for-each-ref",
        "--format=%(refname)%00%(objectname)%00%(HEAD)%00%(symref)",
        "refs/heads",
        "refs/tags",
        "refs/remotes/origin",
      ],
      { directory },
    ),
  ]);
  const [gitDirectory, commonDirectory, format] = where.stdout.toString("utf8").split("\n");
  if (gitDirectory === undefined || commonDirectory === undefined || (format !== "sha1" && format !== "sha256")) {
    throw new SallyportError(
      "not-found",
      `${directory} is not in a git repository; go to one, or name it with --repo.`,
      {
        details: { git: where.stderr.trim() },
      },
    );
  }
  await refuseForeign(git, directory, gitDirectory);
  const shallowFile = join(commonDirectory, "shallow");
  return {
    directory,
    gitDirectory,
    commonDirectory,
    objects: join(commonDirectory, "objects"),
    objectFormat: format,
    workTree: where.workTree,
    head: where.head,
    ...readRefs(listed.stdout.toString("utf8")),
    shallowFile: existsSync(shallowFile) ? shallowFile : null,
  };
}

/** Paths, format, work tree and HEAD in one run; a bare clone has no work tree, and git then says no more. */
async function findClone(
  git: Git,
  directory: string,
): Promise<GitResult & { readonly workTree: string | null; readonly head: string | null }> {
  const asked = [
    "rev-parse",
    "--path-format=absolute",
    "--absolute-git-dir",
    "--git-common-dir",
    "--show-object-format",
  ];
  const whole = await git.run([...asked, "--show-toplevel", "HEAD"], { directory });
  const [, , , workTree = "", head = ""] = whole.stdout.toString("utf8").split("\n");
  // Before the first commit the run fails at HEAD, which it then prints as it is.
  if (workTree !== "") return { ...whole, workTree, head: whole.code === 0 ? head : null };
  const bare = await git.run([...asked, "HEAD"], { directory });
  return {
    ...bare,
    workTree: null,
    head: bare.code === 0 ? (bare.stdout.toString("utf8").split("\n")[3] ?? null) : null,
  };
}

/**
 * Another user's clone has that user's settings, and one that stands in a folder above, such as /tmp, is found by whoever
 * works below it (CVE-2022-24765). Ours is git's own rule: it must be the user's, or named by `safe.directory`.
 */
async function refuseForeign(git: Git, directory: string, gitDirectory: string): Promise<void> {
  const user = process.geteuid?.();
  if ([directory, gitDirectory].every((path) => user === undefined || lstatSync(path).uid === user)) return;
  const { SUDO_UID } = process.env;
  const { code } = await git.run(["rev-parse", "--git-dir"], {
    directory,
    // The user's own configuration decides, and none of ours.
    environment: {
      HOME: homedir(),
      GIT_CONFIG_GLOBAL: join(homedir(), ".gitconfig"),
      GIT_CONFIG_SYSTEM: "/etc/gitconfig",
      GIT_CONFIG_NOSYSTEM: "0",
      GIT_CONFIG_COUNT: "0",
      ...(SUDO_UID === undefined ? {} : { SUDO_UID }),
    },
  });
  if (code === 0) return;
  throw new SallyportError(
    "refused",
    `${directory} belongs to another user; if you trust it, run: git config --global --add safe.directory ${directory}`,
  );
}

function readRefs(text: string): Pick<Clone, "branch" | "refs" | "origin"> {
  const refs = new Map<string, string>();
  let branch: string | null = null;
  let origin: Clone["origin"] = null;
  for (const line of text.split("\n")) {
    const [ref, id, mark, target = ""] = line.split("\0");
    if (ref === undefined || id === undefined) continue;
    if (ref === "refs/remotes/origin/HEAD") {
      if (target !== "") origin = { branch: target.replace(/^refs\/remotes\/origin\//u, ""), commit: id };
    } else if (!ref.startsWith("refs/remotes/")) {
      refs.set(ref, id);
      if (mark === "*") branch = ref.replace(/^refs\/heads\//u, "");
    }
  }
  return { branch, refs, origin };
}
