import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SallyportError, systemErrorCode } from "../../base/index.ts";
import type { BoxLimits } from "../box.ts";
import type { CgroupBase, CgroupBases, Controller } from "./hierarchy.ts";

/** The cgroups of one box: one directory in version 2, up to three in version 1. */
export type BoxCgroup = {
  /** The files that a process writes `0` to in order to join. */
  readonly joinFiles: readonly string[];
  /** Ids of the processes inside, as this process sees them. */
  processes(): readonly number[];
  /** How often each limit was hit so far. */
  hits(): { readonly memory: number; readonly pids: number };
  /** Kills what is inside and removes the directories; returns when both are gone. */
  remove(): Promise<void>;
};

/** Bubblewrap's own processes that count against the box's: two monitors, one init, and the setter of ids. */
const OWN_PROCESSES = 4;
const CPU_PERIOD_MICROSECONDS = 100_000;
const REMOVE_DEADLINE_MS = 10_000;

/** Makes the cgroups of box `id` with their limits. Throws `no-isolation` when a limit cannot be set. */
export function createBoxCgroup(bases: CgroupBases, id: string, limits: BoxLimits): BoxCgroup {
  const directories = new Set<string>();
  try {
    for (const controller of ["memory", "pids", "cpu"] as const) {
      const base = bases[controller];
      if (!base) continue;
      const directory = join(base.directory, id);
      if (!directories.has(directory)) mkdirSync(directory, { mode: 0o755 });
      directories.add(directory);
      setLimit[controller](base, directory, limits);
    }
  } catch (error) {
    for (const directory of directories) rmdirSync(directory);
    throw new SallyportError(
      "no-isolation",
      `cannot set the limits of box ${id} (${error instanceof Error ? error.message : String(error)}); run \`sallyport doctor\``,
      { cause: error },
    );
  }
  return openBoxCgroup([...directories]);
}

/** The cgroups of a box, by their directories, whoever made them. */
export function openBoxCgroup(directories: readonly string[]): BoxCgroup {
  const processes = (): readonly number[] => [...new Set(directories.flatMap(readProcesses))];
  return {
    joinFiles: directories.map((directory) => join(directory, "cgroup.procs")),
    processes,
    hits: () => ({
      memory: sumOf(directories, ["memory.events", "memory.oom_control"], "oom_kill"),
      pids: sumOf(directories, ["pids.events"], "max"),
    }),
    async remove() {
      const deadline = Date.now() + REMOVE_DEADLINE_MS;
      for (const directory of directories) {
        while (!removeDirectory(directory)) {
          if (Date.now() > deadline) {
            throw new SallyportError(
              "machine-fault",
              `the cgroup ${directory} cannot be emptied; look at its cgroup.procs`,
            );
          }
          killAll(directory);
          await sleep(1);
        }
      }
    },
  };
}

const setLimit: Readonly<Record<Controller, (base: CgroupBase, directory: string, limits: BoxLimits) => void>> = {
  memory({ version }, directory, { memoryBytes }) {
    const set = (file: string, value: number): void => writeFileSync(join(directory, file), String(value));
    set(version === 2 ? "memory.max" : "memory.limit_in_bytes", memoryBytes);
    // Without swap accounting in the kernel these files are missing, and then there is no swap to limit by cgroup.
    if (existsSync(join(directory, "memory.swap.max"))) set("memory.swap.max", 0);
    if (existsSync(join(directory, "memory.memsw.limit_in_bytes"))) set("memory.memsw.limit_in_bytes", memoryBytes);
  },
  pids(_, directory, { pids }) {
    writeFileSync(join(directory, "pids.max"), String(pids + OWN_PROCESSES));
  },
  cpu({ version }, directory, { cpus }) {
    const quota = Math.max(1_000, Math.round(cpus * CPU_PERIOD_MICROSECONDS));
    if (version === 2) return writeFileSync(join(directory, "cpu.max"), `${quota} ${CPU_PERIOD_MICROSECONDS}`);
    writeFileSync(join(directory, "cpu.cfs_period_us"), String(CPU_PERIOD_MICROSECONDS));
    writeFileSync(join(directory, "cpu.cfs_quota_us"), String(quota));
  },
};

/** A process that this PID namespace cannot see reads as 0, which must never reach `kill`. */
function readProcesses(directory: string): readonly number[] {
  const text = read(join(directory, "cgroup.procs"));
  return text
    .split("\n")
    .map(Number)
    .filter((pid) => pid > 0);
}

function killAll(directory: string): void {
  // No further process can start, so that the loop over those that there are comes to an end (attack 27).
  tryWrite(join(directory, "pids.max"), "0");
  if (tryWrite(join(directory, "cgroup.kill"), "1")) return;
  for (const pid of readProcesses(directory)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if (systemErrorCode(error) !== "ESRCH") throw error;
    }
  }
}

/** True when it is gone; false while processes are in it. */
function removeDirectory(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return true;
    if (systemErrorCode(error) === "EBUSY") return false;
    throw error;
  }
}

function sumOf(directories: readonly string[], files: readonly string[], key: string): number {
  const texts = directories.flatMap((directory) => files.map((file) => read(join(directory, file))));
  const counts = texts.flatMap((text) => text.split("\n").filter((line) => line.startsWith(`${key} `)));
  return counts.reduce((sum, line) => sum + Number(line.slice(key.length + 1)), 0);
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT" || systemErrorCode(error) === "ENODEV") return "";
    throw error;
  }
}

function tryWrite(file: string, text: string): boolean {
  if (!existsSync(file)) return false;
  try {
    writeFileSync(file, text);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT" || systemErrorCode(error) === "ENODEV") return false;
    throw error;
  }
}
