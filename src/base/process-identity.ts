import { readFileSync } from "node:fs";

/**
 * Which process: its number alone is used again by the system, so its start time (clock ticks since boot, field 22 of
 * `/proc/<pid>/stat`) goes with it. `startTime` is 0 where there is no `/proc`.
 */
export type ProcessIdentity = { readonly pid: number; readonly startTime: number };

/** The process that runs this code. */
export function currentProcess(): ProcessIdentity {
  return { pid: process.pid, startTime: statOf(process.pid)?.startTime ?? 0 };
}

/** Whether that very process still runs. One that has ended but was not yet waited for (a zombie) does not. */
export function isProcessAlive(identity: ProcessIdentity): boolean {
  const stat = statOf(identity.pid);
  if (stat !== undefined) return stat.startTime === identity.startTime && stat.state !== "Z" && stat.state !== "X";
  if (process.platform === "linux") return false;
  return answersSignals(identity.pid);
}

/** State letter and start time: proc(5). The command, in parentheses, may itself hold spaces and parentheses. */
function statOf(pid: number): { readonly state: string; readonly startTime: number } | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  // The first field here is number 3, the state; the start time is number 22.
  return { state: fields[0] ?? "", startTime: Number(fields[19]) };
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, as another user.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
