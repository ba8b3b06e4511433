import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FIXES, noIsolation } from "./no-isolation.ts";

/** Files of ours that run or are read outside this process; a bundle carries the folder `assets` beside itself. */
export type Assets = {
  readonly hold: string;
  readonly listen: string;
  /** Bound read-only over the same names in the box's /etc. */
  readonly etc: Readonly<Record<"passwd" | "group" | "hosts" | "resolv.conf", string>>;
  readonly filters: readonly [string, string];
};

const SECCOMP_ARCH: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64" };

/** Finds the files in `folder`. Throws `no-isolation` on an architecture without a seccomp filter. */
export function findAssets(folder = fileURLToPath(new URL("../assets/", import.meta.url))): Assets {
  const root = realpathSync(folder);
  const arch = SECCOMP_ARCH[process.arch];
  const filters = ["allow", "deny"].map((kind) => join(root, `seccomp-${arch}-${kind}.bpf`));
  const [allow, deny] = filters;
  if (!allow || !deny || !filters.every(existsSync)) {
    throw noIsolation(`there is no seccomp filter for ${process.arch}`, FIXES.seccomp);
  }
  return {
    hold: join(root, "hold.bash"),
    listen: join(root, "listen.cjs"),
    etc: {
      passwd: join(root, "passwd"),
      group: join(root, "group"),
      hosts: join(root, "hosts"),
      "resolv.conf": join(root, "resolv.conf"),
    },
    filters: [allow, deny],
  };
}
