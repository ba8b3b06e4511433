import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The path of a program on this process's PATH, or null. */
export function findProgram(name: string): string | null {
  for (const directory of (process.env["PATH"] ?? "").split(delimiter)) {
    if (!directory.startsWith("/")) continue;
    try {
      accessSync(join(directory, name), constants.X_OK);
      return join(directory, name);
    } catch {
      continue;
    }
  }
  return null;
}
