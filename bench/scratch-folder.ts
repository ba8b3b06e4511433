import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder of a measurement's own, removed when disposed of. */
export type ScratchFolder = Disposable & { readonly path: string };

export function makeScratchFolder(): ScratchFolder {
  const path = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  return {
    path,
    [Symbol.dispose]: () => {
      openFolders(path);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** The forge's hooks stand in a folder that nobody may write to; only root would get past that. */
function openFolders(folder: string): void {
  chmodSync(folder, 0o700);
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) openFolders(join(folder, entry.name));
}
