import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { listFiles } from "./gates/list-files.ts";
import { completeLock } from "./lock/complete-lock.ts";
import { findMissingEntries, type Lock } from "./lock/missing-entries.ts";
import { findUnmarkedPrebuilt } from "./lock/unmarked-prebuilt.ts";

/** `npm run complete-lock`, after `npm install` changed the lock file: adds what npm left out of it. */
const root = fileURLToPath(new URL("..", import.meta.url));
for (const name of await listFiles(root, ".", /^package-lock\.json$/)) {
  const path = join(root, name);
  // npm's own file, with the map of packages that lock file version 3 has.
  const lock = JSON.parse(await readFile(path, "utf8")) as Lock;
  const missing = findMissingEntries(lock).length;
  const unmarked = findUnmarkedPrebuilt(lock).length;
  if (missing + unmarked > 0) await writeFile(path, `${JSON.stringify(completeLock(lock), null, 2)}\n`);
  console.log(`${name}: ${missing} entries added, ${unmarked} marked as built`);
}
