import { lstatSync, mkdirSync, type Stats } from "node:fs";
import { SallyportError } from "./errors.ts";

/**
 * Makes `path` (and its parents) 0700 if it is missing, then refuses with `state-unsafe` what others could write to or
 * redirect: a link, something that is not a directory, another owner, or any permission for group or others.
 */
export function ensurePrivateFolder(path: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false }) ?? makeFolder(path);
  if (stats.isSymbolicLink()) throw unsafe(path, "is a symbolic link; name the folder that it points to");
  if (!stats.isDirectory()) throw unsafe(path, "is not a directory; move it away");
  assertPrivate(path, stats);
}

function makeFolder(path: string): Stats {
  try {
    // No error when another process makes it at this moment.
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return lstatSync(path);
  } catch (error) {
    throw new SallyportError("machine-fault", `${path} could not be created; check its parent folder.`, {
      cause: error,
    });
  }
}

/** Refuses with `state-unsafe` a file or folder that belongs to another user or that group or others may touch. */
export function assertPrivate(path: string, stats: Stats): void {
  // Windows has no owner ids and no mode bits.
  if (process.geteuid === undefined) return;
  if (stats.uid !== process.geteuid()) throw unsafe(path, `belongs to user ${stats.uid}; use one of your own`);
  if ((stats.mode & 0o077) !== 0) {
    throw unsafe(path, `is open to group or others; run: chmod go= ${path}`);
  }
}

function unsafe(path: string, what: string): SallyportError {
  return new SallyportError("state-unsafe", `${path} ${what}.`, { details: { path } });
}
