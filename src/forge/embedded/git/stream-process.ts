import type { ChildProcess } from "node:child_process";
import type { Readable, Writable } from "node:stream";

/** A git may take this long to end after its answer, or after its client went away; then it is killed. Milliseconds. */
export const GRACE = 10_000;

/** Pipes all of `from`; false when `to` closed before. What is left is then read and dropped, so that the writer can end. */
export function forward(from: Readable, to: Writable): Promise<boolean> {
  return new Promise((resolve) => {
    to.on("finish", () => resolve(true));
    // A client that went away is no fault; `close` follows.
    to.on("error", () => undefined);
    to.on("close", () => {
      from.unpipe(to);
      from.resume();
      resolve(false);
    });
    from.pipe(to);
  });
}

/** It was started in a group of its own, which holds what it started. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGTERM");
  } catch {
    // ESRCH: all of it has ended already.
  }
}
