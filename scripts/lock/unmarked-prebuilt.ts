import type { Lock } from "./missing-entries.ts";

/**
 * Packages that ship their binary for every platform beside a `binding.gyp`, and say `"gypfile": false`. npm does not copy
 * that word into the lock file and does not look for it elsewhere, so `npm ci` would run `node-gyp rebuild`: Python, make
 * and a download of Node's headers, to build nothing. npm reads the word where it stands in the lock file.
 */
const PREBUILT = ["better-sqlite3"];

/** The paths of the entries that npm would build although their package ships what it would make. */
export function findUnmarkedPrebuilt({ packages }: Lock): readonly string[] {
  return Object.entries(packages).flatMap(([path, { gypfile }]) =>
    PREBUILT.some((name) => path === `node_modules/${name}` || path.endsWith(`/node_modules/${name}`)) &&
    gypfile !== false
      ? [path]
      : [],
  );
}
