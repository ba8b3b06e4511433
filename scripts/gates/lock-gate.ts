import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { findMissingEntries, type Lock } from "../lock/missing-entries.ts";
import { findUnmarkedPrebuilt } from "../lock/unmarked-prebuilt.ts";
import type { Gate } from "./gate.ts";
import { listFiles } from "./list-files.ts";

/** The lock files are complete on every platform, build nothing that is built, and name no registry. */
export const lockGate: Gate = {
  id: "lock",
  async run(root) {
    const problems: string[] = [];
    let inputs = 0;
    for (const name of await listFiles(root, ".", /^package-lock\.json$/)) {
      const text = await readFile(join(root, name), "utf8");
      // npm's own file, with the map of packages that lock file version 3 has.
      const lock = JSON.parse(text) as Lock;
      inputs += Object.keys(lock.packages).length;
      for (const { name: missing, version } of findMissingEntries(lock)) {
        problems.push(`${name}: no entry for ${missing} ${version}; \`npm run complete-lock\` adds it`);
      }
      for (const path of findUnmarkedPrebuilt(lock))
        problems.push(`${name}: npm would build ${path}; \`npm run complete-lock\` marks it as built`);
      if (text.includes('"resolved": "http'))
        problems.push(`${name}: names a registry; npm's omit-lockfile-registry-resolved leaves it out`);
    }
    return { inputs, noun: "packages", problems };
  },
};
