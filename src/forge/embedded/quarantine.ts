import { lstat, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { alternateOf } from "./git/object-paths.ts";

/**
 * The environment in which a repository's git also sees the objects of a push that waits, or null when `path` is not a
 * quarantine of that repository: a real folder of git's own naming, right below its `objects`.
 */
export async function quarantineEnvironment(
  gitDirectory: string,
  path: string,
): Promise<Readonly<Record<string, string>> | null> {
  const objects = join(gitDirectory, "objects");
  const found = await lstat(path).catch(() => null);
  if (found?.isDirectory() !== true) return null;
  if (!/^(?:tmp_objdir-)?incoming-[A-Za-z0-9]+$/u.test(basename(path))) return null;
  if ((await realpath(dirname(path))) !== (await realpath(objects))) return null;
  return {
    GIT_OBJECT_DIRECTORY: path,
    GIT_ALTERNATE_OBJECT_DIRECTORIES: alternateOf(objects),
    GIT_QUARANTINE_PATH: path,
  };
}
