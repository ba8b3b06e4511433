import { readFileSync, readlinkSync } from "node:fs";
import { systemErrorCode } from "../../base/index.ts";
import type { BoxCgroup } from "../cgroup/box-cgroup.ts";
import { noIsolation } from "./no-isolation.ts";

const NAMESPACES = ["user", "pid", "mnt", "net", "ipc", "uts", "cgroup"] as const;
/** The outer PID namespace and the box's own, below ours. */
const DEPTH = 2;

/**
 * Looks at a box that is built but waits to start (attack 22): a process of it must be in the limits' cgroup, in no
 * namespace of ours, not root, and barred from new privileges. Throws `no-isolation` otherwise.
 */
export function verifyIsolation(cgroup: BoxCgroup, expectedUid: number): void {
  const candidates = cgroup
    .processes()
    .map(readProcess)
    .filter((candidate) => candidate !== null);
  const own = readProcess(process.pid);
  const inside = candidates.find((candidate) => candidate.depth === (own?.depth ?? 0) + DEPTH);
  if (!inside) throw noIsolation("the box is not in its cgroup", "run `sallyport doctor`");
  const shared = NAMESPACES.filter((name) => isShared(inside.pid, name));
  if (shared.length > 0)
    throw noIsolation(`the box shares our namespaces ${shared.join(", ")}`, "run `sallyport doctor`");
  if (inside.uid !== expectedUid) throw noIsolation(`the box runs as uid ${inside.uid}`, "run `sallyport doctor`");
  if (!inside.noNewPrivileges) throw noIsolation("the box may gain privileges", "run `sallyport doctor`");
}

type Seen = { readonly pid: number; readonly depth: number; readonly uid: number; readonly noNewPrivileges: boolean };

function readProcess(pid: number): Seen | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1] ?? "";
    return {
      pid,
      depth: field("NSpid").split(/\s+/).length,
      uid: Number(field("Uid").split(/\s+/)[0]),
      noNewPrivileges: field("NoNewPrivs") === "1",
    };
  } catch (error) {
    // One of the chain that ended between the two looks.
    if (systemErrorCode(error) === "ENOENT" || systemErrorCode(error) === "ESRCH") return null;
    throw error;
  }
}

/** A namespace that cannot be read counts as shared: either way the box must not start. */
function isShared(pid: number, name: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/${name}`) === readlinkSync(`/proc/self/ns/${name}`);
  } catch {
    return true;
  }
}
