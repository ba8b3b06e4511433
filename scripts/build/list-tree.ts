import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Every file below `path`, or `path` itself when it is a file. */
export function listTree(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).flatMap((name) => listTree(join(path, name)));
}
