import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { findCgroupBases } from "../../src/box/cgroup/hierarchy.ts";

/** Host process ids whose command line holds `text`. */
export function findProcesses(text: string): readonly string[] {
  return readdirSync("/proc").filter(
    (name) => /^\d+$/.test(name) && name !== String(process.pid) && read(`/proc/${name}/cmdline`).includes(text),
  );
}

/** Directories of boxes' cgroups whose name starts with `prefix`. */
export function findCgroups(prefix: string): readonly string[] {
  const directories = new Set(Object.values(findCgroupBases()).map((base) => base?.directory ?? "/nowhere"));
  return [...directories].flatMap((directory) =>
    readdirSync(directory)
      .filter((name) => name.startsWith(prefix))
      .map((name) => join(directory, name)),
  );
}

/** Waits until `condition` holds; the test's own time limit ends a wait in vain. */
export async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
