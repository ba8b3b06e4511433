import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBwrapProvider, type BoxProvider } from "../src/box/index.ts";
import type { Proof } from "./proof.ts";

const LIMITS = { memoryBytes: 512 * 1024 ** 2, pids: 64, cpus: 1, fileSizeBytes: 1024 ** 2, openFiles: 256 };

/** Boxes one after another and at once leave no process, mount, control group or descriptor. */
export const boxesLeakNothing: Proof = {
  name: "boxes-leak-nothing",
  claim: "boxes one after another, and at once, leave no process, mount, control group or descriptor",
  async prove(short) {
    const folder = mkdtempSync(join(tmpdir(), "sallyport-soak-"));
    await using provider = createBwrapProvider();
    try {
      await runOne(provider, folder, "first");
      const before = count();
      for (let index = 0; index < (short ? 30 : 1_000); index += 1) await runOne(provider, folder, `turn-${index}`);
      for (let round = 0; round < (short ? 1 : 5); round += 1) {
        await Promise.all(
          Array.from({ length: short ? 8 : 32 }, (_unused, index) => runOne(provider, folder, `at-once-${index}`)),
        );
      }
      const after = count();
      return Object.entries(after).flatMap(([what, number]) => {
        const [was = 0, slack] = [before[what], what === "descriptors" ? 2 : 0];
        return number > was + slack ? [`${what}: ${was} before, ${number} after`] : [];
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

async function runOne(provider: BoxProvider, folder: string, name: string): Promise<void> {
  const workspace = join(folder, name);
  mkdirSync(workspace);
  const id = `soak-${process.pid}-${name}`;
  const box = await provider.open({
    id,
    workspace,
    workspaceTarget: "/workspace",
    binds: [],
    environment: {},
    limits: LIMITS,
  });
  try {
    const { code } = await box.run({ argv: ["/bin/true"], onOutput: () => undefined });
    if (code !== 0) throw new Error(`box ${id} ended with ${code}`);
  } finally {
    await box.destroy();
    rmSync(workspace, { recursive: true });
  }
}

function count(): Record<string, number> {
  const children = readdirSync("/proc")
    .filter((name) => /^\d+$/u.test(name))
    .filter((pid) => read(`/proc/${pid}/cmdline`).includes(`soak-${process.pid}-`) || parentOf(pid) === process.pid);
  return {
    processes: children.length,
    mounts: read("/proc/self/mountinfo")
      .split("\n")
      .filter((line) => line.includes("sallyport-soak-")).length,
    "control groups": countGroups("/sys/fs/cgroup"),
    descriptors: readdirSync("/proc/self/fd").length,
  };
}

function parentOf(pid: string): number {
  return Number(/^PPid:\s+(?<parent>\d+)/mu.exec(read(`/proc/${pid}/status`))?.groups?.["parent"] ?? 0);
}

function countGroups(folder: string): number {
  let found = 0;
  for (const entry of entriesOf(folder)) {
    if (entry.startsWith(`soak-${process.pid}-`)) found += 1;
    else found += countGroups(join(folder, entry));
  }
  return found;
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch {
    // A control group that went away meanwhile.
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
