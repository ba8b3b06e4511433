import { chmodSync, chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createBwrapProvider, type BoxLimits, type BoxProvider, type BoxSpec } from "../../src/box/index.ts";
import { findAssets } from "../../src/box/bwrap/assets.ts";
import { bindsOf, innerOptions } from "../../src/box/bwrap/chain.ts";
import { systemMounts } from "../../src/box/bwrap/system-mounts.ts";
import { findCgroupBases } from "../../src/box/cgroup/hierarchy.ts";
import { timed, type Measurement, type Sides } from "../measurement.ts";
import { runProgram } from "../run-program.ts";
import { makeScratchFolder } from "../scratch-folder.ts";

const LIMITS: BoxLimits = { memoryBytes: 2 ** 30, pids: 256, cpus: 2, fileSizeBytes: 2 ** 30, openFiles: 1024 };
const SCRIPT = fileURLToPath(new URL("nested-bwraps.bash", import.meta.url));
const BY_HAND = "two nested bwraps with the same cgroups and limits, by shell";
/** A host uid of the range that boxes have, for the side that is done by hand. */
const UID = 265_535;

/** Open a box whose network namespace was made before, run `true`, destroy it. */
export const boxWarm: Measurement = {
  name: "box-warm",
  group: "main",
  unit: "ms",
  against: BY_HAND,
  budget: 1.5,
  repetitions: 31,
  prepare: async () => prepareBoxes(true),
};

/** The same with nothing made before and nothing known of the machine. */
export const boxCold: Measurement = {
  name: "box-cold",
  group: "main",
  unit: "ms",
  against: BY_HAND,
  budget: 2,
  note: "2 and one `node -e 0`",
  repetitions: 31,
  prepare: async () => prepareBoxes(false),
};

function prepareBoxes(warm: boolean): Sides {
  const scratch = makeScratchFolder();
  chmodSync(scratch.path, 0o755);
  const provider = createBwrapProvider();
  const ours = workspaceIn(scratch.path, "ours");
  const byHand = byHandArgv(workspaceIn(scratch.path, "by-hand"));
  let count = 0;
  return {
    async ours() {
      const spec = specOf(`bench-${process.pid}-${(count += 1)}`, ours);
      if (!warm) {
        await using fresh = createBwrapProvider();
        return await timed(() => useBox(fresh, spec));
      }
      provider.warm();
      // Warm is what a run has: the namespace opened while something else went on.
      await new Promise((resolve) => setTimeout(resolve, 150));
      return timed(() => useBox(provider, spec));
    },
    theirs: () => timed(() => runProgram(byHand(`bench-${process.pid}-hand-${(count += 1)}`))),
    ...(warm ? {} : { allowance: () => timed(() => runProgram([process.execPath, "-e", "0"])) }),
    async [Symbol.asyncDispose]() {
      await provider[Symbol.asyncDispose]();
      scratch[Symbol.dispose]();
    },
  };
}

async function useBox(provider: BoxProvider, spec: BoxSpec): Promise<void> {
  const box = await provider.open(spec);
  const exit = await box.run({ argv: ["/bin/true"], onOutput: () => {} });
  await box.destroy();
  if (exit.code !== 0) throw new Error(`the box ended with ${exit.code}`);
}

function specOf(id: string, workspace: string): BoxSpec {
  return { id, workspace, workspaceTarget: "/workspace", binds: [], environment: {}, limits: LIMITS };
}

function workspaceIn(folder: string, name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
}

/** The arguments of `nested-bwraps.bash` for a box of a given id: the same mounts, namespaces and limits as ours. */
function byHandArgv(workspace: string): (id: string) => readonly string[] {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(workspace, UID, UID);
  const assets = findAssets();
  const spec = specOf("by-hand", workspace);
  const inner = innerOptions(spec, systemMounts(), bindsOf(spec, assets), false);
  const bases = findCgroupBases();
  return (id) => {
    const limits: string[] = [];
    const directories = new Set<string>();
    for (const controller of ["memory", "pids", "cpu"] as const) {
      const base = bases[controller];
      if (base === null) continue;
      const directory = join(base.directory, id);
      directories.add(directory);
      for (const [file, value] of LIMIT_FILES[controller][base.version]) limits.push(join(directory, file), value);
    }
    const script = ["bash", "--norc", "--noprofile", SCRIPT, String(directories.size), ...directories];
    const become = isRoot ? String(UID) : "";
    return [...script, String(limits.length / 2), ...limits, ...assets.filters, become, "bwrap", ...inner, "/bin/true"];
  };
}

type LimitFiles = readonly (readonly [file: string, value: string])[];

/** What is written to limit a box, by controller and version of cgroups. */
const LIMIT_FILES: Readonly<Record<"memory" | "pids" | "cpu", Readonly<Record<1 | 2, LimitFiles>>>> = {
  memory: {
    1: [["memory.limit_in_bytes", String(LIMITS.memoryBytes)]],
    2: [["memory.max", String(LIMITS.memoryBytes)]],
  },
  pids: { 1: [["pids.max", String(LIMITS.pids)]], 2: [["pids.max", String(LIMITS.pids)]] },
  cpu: {
    1: [
      ["cpu.cfs_period_us", "100000"],
      ["cpu.cfs_quota_us", String(LIMITS.cpus * 100_000)],
    ],
    2: [["cpu.max", `${LIMITS.cpus * 100_000} 100000`]],
  },
};
