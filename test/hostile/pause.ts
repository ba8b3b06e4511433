import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Shell that says where it is and waits, at most 30 s, for the test to let it go on. */
export const PAUSE = "touch here.txt; for i in $(seq 300); do [ -e go.txt ] && break; sleep 0.1; done";

/** Waits until `PAUSE` runs in a box of this state directory; returns what lets it go on. Throws when it never does. */
export async function untilPaused(home: string): Promise<() => void> {
  for (let look = 0; look < 600; look += 1) {
    const here = walk(home).find((path) => path.endsWith("/workspace/here.txt"));
    if (here !== undefined) return () => writeFileSync(here.replace(/here\.txt$/u, "go.txt"), "");
    await sleep(50);
  }
  throw new Error("the step did not come to its pause");
}

/** Every path below a folder; what goes away meanwhile is left out. */
export function walk(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? [path, ...walk(path)] : [path];
    });
  } catch {
    return [];
  }
}
