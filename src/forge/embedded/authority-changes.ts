import { posix } from "node:path";
import { isAuthorityFile } from "../../policy/index.ts";
import type { GitObjects } from "./git/git-objects.ts";

type Entry = { readonly mode: string; readonly id: string };
const LINK = "120000";
const SUBMODULE = "160000";

/**
 * Authority files whose blob in `to` differs from the trusted commit's and, when the ref had a tip, from that tip's too
 * (design, rule 3; attacks 8, 38, 41). A file that is gone differs as well. Sorted.
 *
 * Links count double: one that stands where an authority file or its folder would be is one, and so is the file that an
 * authority file's link leads to, since whoever reads the name reads the target.
 */
export async function findAuthorityChanges(
  objects: GitObjects,
  { to, from, trusted }: { readonly to: string; readonly from: string | null; readonly trusted: string },
): Promise<readonly string[]> {
  const differs = await changedPaths(objects, (await objects.resolve(trusted)) ?? emptyTreeLike(to), to);
  if (differs.size === 0) return [];
  const targets = await linkTargets(objects, to);
  const isAuthority = (path: string, entries: readonly Entry[]): boolean =>
    isAuthorityFile(path) ||
    entries.some(({ mode }) => (mode === LINK || mode === SUBMODULE) && standsForAuthority(path)) ||
    targets.some((target) => path === target || path.startsWith(`${target}/`));
  const suspects = [...differs].flatMap(([path, entries]) => (isAuthority(path, entries) ? [path] : []));
  if (suspects.length === 0 || from === null) return suspects.toSorted();
  const moved = await changedPaths(objects, from, to);
  return suspects.filter((path) => moved.has(path)).toSorted();
}

/** Without a trusted commit nothing is trusted. Git knows both empty trees without having them. */
function emptyTreeLike(id: string): string {
  return id.length === 40
    ? "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
    : "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321";
}

/** Paths whose mode or object differs between two commits, with what stands there on either side. */
async function changedPaths(objects: GitObjects, a: string, b: string): Promise<ReadonlyMap<string, readonly Entry[]>> {
  const text = await objects.git.text(
    ["diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--end-of-options", a, b],
    objects.at,
  );
  const fields = text.split("\0");
  const changed = new Map<string, readonly Entry[]>();
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [oldMode = "", newMode = "", oldId = "", newId = ""] = (fields[index] ?? "").replace(/^:/u, "").split(" ");
    changed.set(fields[index + 1] ?? "", [
      { mode: oldMode, id: oldId },
      { mode: newMode, id: newId },
    ]);
  }
  return changed;
}

/** A link or submodule at `path` puts a whole folder there: would anything in it be an authority file? */
function standsForAuthority(path: string): boolean {
  return (
    isAuthorityFile(`${path}/any`) || isAuthorityFile(`${path}/skill.md`) || isAuthorityFile(`${path}/any/skill.md`)
  );
}

/** Where the links lead that stand at authority files' names, as paths of the tree. */
async function linkTargets(objects: GitObjects, commit: string): Promise<readonly string[]> {
  const text = await objects.git.text(["ls-tree", "-r", "-z", "--full-tree", commit], objects.at);
  const links = text.split("\0").flatMap((record) => {
    const { id, path } = /^120000 blob (?<id>[0-9a-f]+)\t(?<path>[^]+)$/u.exec(record)?.groups ?? {};
    return id !== undefined && path !== undefined && (isAuthorityFile(path) || standsForAuthority(path))
      ? [{ id, path }]
      : [];
  });
  const targets = await Promise.all(
    links.map(async ({ id, path }) => {
      const target = (await objects.readBlob(id)).toString("utf8");
      return posix.normalize(posix.join(posix.dirname(path), target)).replace(/\/$/u, "");
    }),
  );
  return targets.filter((target) => !target.startsWith("..") && !target.startsWith("/"));
}
