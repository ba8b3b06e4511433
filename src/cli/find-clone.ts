import { existsSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { SallyportError } from "../base/index.ts";

/**
 * The clone that `repo` (or the current directory) is in: its top folder, without links, so that one clone has one name
 * in the forge wherever in it a person stands. Throws `not-found`.
 */
export function findClone(directory: string, repo: string | null): string {
  const start = resolve(directory, repo ?? ".");
  if (!existsSync(start))
    throw new SallyportError("not-found", `there is no folder ${start}; name the clone with --repo.`);
  for (let folder = realpathSync(start); ; folder = dirname(folder)) {
    // A file in linked work trees and submodules.
    if (existsSync(join(folder, ".git"))) return folder;
    if (folder === dirname(folder)) break;
  }
  throw new SallyportError("not-found", `${start} is not in a git repository; go to one, or name it with --repo.`);
}
