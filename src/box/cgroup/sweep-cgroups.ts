import { readdirSync } from "node:fs";
import { join } from "node:path";
import { openBoxCgroup } from "./box-cgroup.ts";
import { CGROUP_NAME, readCgroupMounts } from "./hierarchy.ts";

/**
 * Kills and removes the cgroups of boxes named by `ids`: a box's id, or a prefix of it that ends before a hyphen. Looks in
 * every hierarchy, because the process that made them may have run in another cgroup than this one.
 */
export async function sweepCgroups(ids: readonly string[]): Promise<void> {
  const isNamed = (name: string): boolean => ids.some((id) => name === id || name.startsWith(`${id}-`));
  const directories = readCgroupMounts()
    .flatMap((mount) => findOurs(mount.mountPoint))
    .flatMap((ours) =>
      subdirectories(ours)
        .filter(isNamed)
        .map((name) => join(ours, name)),
    );
  await openBoxCgroup([...new Set(directories)]).remove();
}

function findOurs(directory: string): readonly string[] {
  return subdirectories(directory).flatMap((name) =>
    name === CGROUP_NAME ? [join(directory, name)] : findOurs(join(directory, name)),
  );
}

function subdirectories(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    );
  } catch {
    // A cgroup that went away meanwhile, or that is not ours to read, holds no box of ours.
    return [];
  }
}
