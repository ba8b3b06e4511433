import { closeSync, constants, fstatSync, fsyncSync, openSync, readFileSync } from "node:fs";
import { SallyportError, systemErrorCode } from "./errors.ts";
import { assertPrivate } from "./private-folder.ts";

/** What a private file holds, and when it was written, in milliseconds since the epoch. */
type PrivateText = { readonly text: string; readonly writtenAt: number };

/**
 * Reads a file of this user alone; undefined when there is none. Throws `state-unsafe` when it is a link, someone else's or
 * open to group or others, `machine-fault` when it cannot be read.
 */
export function readPrivateFile(file: string): PrivateText | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "ENOENT") return undefined;
    if (code === "ELOOP") throw new SallyportError("state-unsafe", `${file} is a symbolic link; move it away.`);
    throw new SallyportError("machine-fault", `${file} cannot be read; check its permissions.`, { cause: error });
  }
  try {
    const stats = fstatSync(descriptor);
    assertPrivate(file, stats);
    return { text: readFileSync(descriptor, "utf8"), writtenAt: stats.mtimeMs };
  } finally {
    closeSync(descriptor);
  }
}

/** Makes a change of names in a folder survive a power cut. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, constants.O_RDONLY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
