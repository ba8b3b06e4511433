import { spawn, spawnSync } from "node:child_process";
import { chownSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** An account without a name, a password or anything else: just a uid and a gid of the host. */
const UID = 64_321;

/**
 * Runs a command as an ordinary user, in cgroups that were delegated to that user as systemd would delegate them. Only
 * root can. Returns its exit status; standard output goes to `onOutput`.
 */
export async function runAsUser(
  argv: readonly string[],
  home: string,
  onOutput: (text: string) => void,
): Promise<number | null> {
  const cgroups = delegate(`hostile-${process.pid}`);
  // The child joins before it gives up root, so that everything it starts is inside.
  const join = ['for cgroup; do [ "$cgroup" = -- ] && break; echo $$ >"$cgroup/cgroup.procs" || exit 1; shift; done'];
  const script = [...join, "shift", 'exec "$@"'].join("\n");
  const drop = ["setpriv", "--reuid", String(UID), "--regid", String(UID), "--clear-groups", "--inh-caps=-all"];
  const child = spawn("bash", ["-c", script, "bash", ...cgroups, "--", ...drop, "--", ...argv], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { PATH: process.env["PATH"], HOME: home, TMPDIR: home, LANG: "C.UTF-8" },
    cwd: home,
  });
  child.stdout.setEncoding("utf8").on("data", onOutput);
  try {
    return await new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", resolve);
    });
  } finally {
    for (const cgroup of cgroups) removeCgroup(cgroup);
  }
}

/** Gives a path to that user. */
export function giveToUser(path: string): void {
  chownSync(path, UID, UID);
}

/** A cgroup of each controller that boxes need, owned by the user. One directory on a version-2 machine. */
function delegate(name: string): readonly string[] {
  const mounts = spawnSync("findmnt", ["--noheadings", "--list", "--types", "cgroup,cgroup2", "-o", "TARGET,OPTIONS"], {
    encoding: "utf8",
  });
  const lines = mounts.stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/u));
  const wanted = ["memory", "pids", "cpu"];
  const legacy = lines.filter(([, options = ""]) => options.split(",").some((option) => wanted.includes(option)));
  const roots = (legacy.length > 0 ? legacy : lines).flatMap(([target]) => (target === undefined ? [] : [target]));
  return roots.map((root) => {
    const cgroup = join(root, name);
    mkdirSync(cgroup, { recursive: true });
    chownSync(cgroup, UID, UID);
    for (const file of readdirSync(cgroup)) {
      if (["cgroup.procs", "cgroup.subtree_control", "cgroup.threads", "tasks"].includes(file)) {
        chownSync(join(cgroup, file), UID, UID);
      }
    }
    if (legacy.length === 0) writeFileSync(join(root, "cgroup.subtree_control"), "+memory +pids +cpu");
    return cgroup;
  });
}

/** Deepest first. What is still in use stays: it is not ours to end here. */
function removeCgroup(cgroup: string): void {
  try {
    for (const entry of readdirSync(cgroup, { withFileTypes: true })) {
      if (entry.isDirectory()) removeCgroup(join(cgroup, entry.name));
    }
    rmdirSync(cgroup);
  } catch {
    // A box that outlived its run would be reported by the attacks themselves.
  }
}
