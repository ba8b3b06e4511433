import { findMissingEntries, type Lock, type LockEntry } from "./missing-entries.ts";
import { findUnmarkedPrebuilt } from "./unmarked-prebuilt.ts";

const SYSTEMS = ["android", "darwin", "freebsd", "linux", "openharmony", "sunos", "win32"];
const PROCESSORS = ["arm", "arm64", "ia32", "ppc64", "riscv64", "s390x", "x64"];
const LIBRARIES: Readonly<Record<string, string>> = {
  gnu: "glibc",
  gnueabihf: "glibc",
  musl: "musl",
  musleabihf: "musl",
};

/**
 * The lock file with an entry for each native binding that npm left out: the exact version that its package wants, for the
 * platform in its name. Such an entry has no integrity, and is fetched on that platform only. A package that ships its
 * binary is marked, so that npm does not build it. Throws on a missing entry whose name says no platform or whose
 * version is a range.
 */
export function completeLock(lock: Lock): Lock {
  const added = findMissingEntries(lock).map(({ place, name, version, wantedBy }) => {
    if (!/^\d+\.\d+\.\d+\S*$/.test(version))
      throw new Error(`${name} ${version} of ${wantedBy} is not an exact version`);
    const dev = lock.packages[wantedBy]?.dev === true ? { dev: true } : {};
    const entry: LockEntry = { version, ...dev, optional: true, ...platformOf(name) };
    return [place, entry] as const;
  });
  const prebuilt = findUnmarkedPrebuilt(lock).map(
    (path) => [path, { ...lock.packages[path], gypfile: false }] as const,
  );
  const packages = { ...lock.packages, ...Object.fromEntries([...added, ...prebuilt]) };
  return {
    ...lock,
    packages: Object.fromEntries(Object.entries(packages).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))),
  };
}

function platformOf(name: string): Pick<LockEntry, "os" | "cpu" | "libc"> {
  const words = name.slice(name.lastIndexOf("/") + 1).split("-");
  if (words.includes("wasm32")) return { cpu: ["wasm32"] };
  const os = SYSTEMS.find((system) => words.includes(system));
  const cpu = PROCESSORS.find((processor) => words.includes(processor));
  if (os === undefined || cpu === undefined) throw new Error(`${name} names no platform`);
  const library = LIBRARIES[words.at(-1) ?? ""];
  return { os: [os], cpu: [cpu], ...(os === "linux" && library !== undefined ? { libc: [library] } : {}) };
}
