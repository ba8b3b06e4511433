import { readdir } from "node:fs/promises";
import { join } from "node:path";

const NOT_OURS = new Set(["node_modules", "dist", ".git", "coverage"]);

/**
 * Files below `root/folder` whose name matches, as sorted paths relative to `root` with forward slashes. Installed,
 * built and hidden git files are left out; a missing folder has no files.
 */
export async function listFiles(root: string, folder: string, name: RegExp): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
  const found: string[] = [];
  for (const entry of entries) {
    const path = folder === "." ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory() && !NOT_OURS.has(entry.name)) found.push(...(await listFiles(root, path, name)));
    if (entry.isFile() && name.test(entry.name)) found.push(path);
  }
  return found.toSorted();
}
