import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export type Controller = "memory" | "pids" | "cpu";

/** A directory in which boxes' cgroups of one controller are made, one for each box. */
export type CgroupBase = { readonly directory: string; readonly version: 1 | 2 };

/** Where each controller's boxes go; null where none can be made. On version 2 all three are one directory. */
export type CgroupBases = Readonly<Record<Controller, CgroupBase | null>>;

/** A mounted hierarchy: its controllers (version 1), where it is mounted and which cgroup is its root there. */
export type CgroupMount = {
  readonly version: 1 | 2;
  readonly controllers: readonly string[];
  readonly mountPoint: string;
  readonly root: string;
};

/** The name of our directory below the cgroup that Sallyport itself runs in, or one above it. */
export const CGROUP_NAME = "sallyport";

/** Reads `/proc/self/mountinfo` (proc_pid_mountinfo(5)): `… root mountpoint options - type source superoptions`. */
export function parseCgroupMounts(mountinfo: string): readonly CgroupMount[] {
  return mountinfo.split("\n").flatMap((line) => {
    const [before = "", after = ""] = line.split(" - ");
    const [type, , options = ""] = after.split(" ");
    const [, , , root = "/", mountPoint] = before.split(" ");
    if ((type !== "cgroup" && type !== "cgroup2") || mountPoint === undefined) return [];
    const version = type === "cgroup2" ? 2 : 1;
    return [{ version, controllers: version === 1 ? options.split(",") : [], mountPoint, root }];
  });
}

/** The cgroup that a process is in, for a mounted hierarchy: a line `id:controllers:path` of `/proc/self/cgroup`. */
export function ownCgroup(mount: CgroupMount, cgroups: string): string {
  const lines = cgroups.split("\n").map((line) => /^\d+:([^:]*):(.*)$/.exec(line));
  const line = lines.find((match) =>
    mount.version === 2 ? match?.[1] === "" : match?.[1]?.split(",").some((name) => mount.controllers.includes(name)),
  );
  const path = line?.[2] ?? "/";
  // A container without a cgroup namespace sees the host's path, and only the part below the mount's root exists here.
  if (mount.root === "/" || mount.root === path) return mount.root === path ? "/" : path;
  return path.startsWith(`${mount.root}/`) ? path.slice(mount.root.length) : "/";
}

/** The hierarchies of this machine. */
export function readCgroupMounts(): readonly CgroupMount[] {
  return parseCgroupMounts(readFileSync("/proc/self/mountinfo", "utf8"));
}

/**
 * Finds or makes a directory for boxes in each controller: in the cgroup that Sallyport runs in, so that limits on
 * Sallyport hold for its boxes too, else in the nearest one above that can be written.
 */
export function findCgroupBases(): CgroupBases {
  const mounts = readCgroupMounts();
  const cgroups = readFileSync("/proc/self/cgroup", "utf8");
  const unified = mounts.find((mount) => mount.version === 2);
  const find = (controller: Controller): CgroupBase | null => {
    const legacy = mounts.find((mount) => mount.version === 1 && mount.controllers.includes(controller));
    if (legacy) return findBase(legacy, ownCgroup(legacy, cgroups), controller);
    return unified ? findBase(unified, ownCgroup(unified, cgroups), controller) : null;
  };
  return { memory: find("memory"), pids: find("pids"), cpu: find("cpu") };
}

function findBase(mount: CgroupMount, own: string, controller: Controller): CgroupBase | null {
  const start = join(mount.mountPoint, own);
  for (let parent = start; parent.startsWith(mount.mountPoint); parent = dirname(parent)) {
    const directory = join(parent, CGROUP_NAME);
    if (mount.version === 2 ? prepareUnified(parent, directory, controller) : prepareDirectory(directory)) {
      return { directory, version: mount.version };
    }
  }
  if (mount.version === 1 || !makeRoom(start)) return null;
  const directory = join(start, CGROUP_NAME);
  return prepareUnified(start, directory, controller) ? { directory, version: 2 } : null;
}

function prepareDirectory(directory: string): boolean {
  const isMade = attempt(() => {
    mkdirSync(directory, { recursive: true, mode: 0o755 });
    accessSync(directory, constants.W_OK);
  });
  // A plain folder, mounted over the hierarchy, would take every limit and keep none (attack 22).
  return isMade && existsSync(join(directory, "cgroup.procs"));
}

/** Version 2 hands a controller down one level at a time (kernel: admin-guide/cgroup-v2, "Top-down Constraint"). */
function prepareUnified(parent: string, directory: string, controller: Controller): boolean {
  if (!handDown(parent, controller) || !prepareDirectory(directory)) return false;
  return handDown(directory, controller);
}

function handDown(directory: string, controller: Controller): boolean {
  const file = join(directory, "cgroup.subtree_control");
  const has = (): boolean => existsSync(file) && readFileSync(file, "utf8").trim().split(" ").includes(controller);
  return has() || (attempt(() => writeFileSync(file, `+${controller}`)) && has());
}

/**
 * A version-2 cgroup that holds processes hands nothing down ("No Internal Process Constraint"). In a container, or a
 * scope that was delegated to us, its processes move to a leaf beside the boxes.
 */
function makeRoom(own: string): boolean {
  return attempt(() => {
    const leaf = join(own, `${CGROUP_NAME}-host`);
    mkdirSync(leaf, { recursive: true });
    for (const pid of readFileSync(join(own, "cgroup.procs"), "utf8").split("\n").filter(Boolean)) {
      writeFileSync(join(leaf, "cgroup.procs"), pid);
    }
  });
}

/** What the machine refuses here is an answer, not a fault: the next place is tried. */
function attempt(action: () => void): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
