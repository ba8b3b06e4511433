import { chmod, lstat, mkdtemp, readdir, rename, rm, rmdir, unlink } from "node:fs/promises";
import { join } from "node:path";

/**
 * Removes a folder whose content an agent made: links are removed, never followed, and names are bytes. Each folder is
 * moved beside the others and opened before it is emptied, so that none is nested deeper than a path reaches, or closed
 * to an ordinary user (attack 27). No process that could interfere is alive by then.
 */
export async function removeTree(path: string): Promise<void> {
  const stats = await lstat(path).catch(() => null);
  if (stats?.isDirectory() !== true) return await rm(path, { force: true });
  const heap = await mkdtemp(`${path}-removed-`);
  let count = 0;
  const move = async (folder: string | Buffer): Promise<void> => {
    // To move a folder changes its `..`, which needs leave to write to it.
    await chmod(folder, 0o700);
    await rename(folder, join(heap, `${(count += 1)}`));
  };
  await move(path);
  for (let next = 1; next <= count; next += 1) {
    const folder = join(heap, `${next}`);
    for (const { name, isFolder } of await entriesOf(folder)) {
      const entry = Buffer.concat([Buffer.from(`${folder}/`), name]);
      await (isFolder ? move(entry) : unlink(entry));
    }
    await rmdir(folder);
  }
  await rmdir(heap);
}

async function entriesOf(folder: string): Promise<readonly { readonly name: Buffer; readonly isFolder: boolean }[]> {
  const entries = await readdir(folder, { withFileTypes: true, encoding: "buffer" });
  return entries.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }));
}
