import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { systemErrorCode } from "../../base/index.ts";
import type { Protection } from "../box.ts";
import { findCgroupBases, type CgroupBases, type Controller } from "../cgroup/hierarchy.ts";
import { findAssets } from "./assets.ts";
import type { UidRange } from "./identity.ts";
import { FIXES } from "./no-isolation.ts";
import { findProgram } from "./programs.ts";

/** Each protection of a bwrap box, by trying it where that is possible. */
export async function probeBwrap(uids: UidRange, assetsFolder?: string): Promise<readonly Protection[]> {
  if (process.platform !== "linux") return [row("linux", false, `this is ${process.platform}`, FIXES.linux)];
  const isRoot = process.getuid?.() === 0;
  const asUser = isRoot ? [] : ["--unshare-user"];
  // What the box's own bwrap does, as the uid that a box has.
  const dropRoot = isRoot
    ? ["setpriv", "--reuid", String(uids.first), "--regid", String(uids.first), "--clear-groups", "--"]
    : [];
  const bases = findCgroupBases();
  return [
    programRow("bubblewrap", "bwrap", FIXES.bubblewrap),
    programRow("bash", "bash", FIXES.bash),
    ...(isRoot ? [programRow("setpriv", "setpriv", FIXES.setpriv)] : []),
    triedRow("user-namespaces", [...dropRoot, "bwrap", "--unshare-user", "--unshare-pid"], FIXES["user-namespaces"]),
    triedRow("network-namespace", ["bwrap", ...asUser, "--unshare-net"], FIXES["network-namespace"]),
    seccompRow(assetsFolder),
    cgroupRow("memory", bases, true),
    cgroupRow("pids", bases, true),
    cgroupRow("cpu", bases, false),
  ];
}

function row(id: string, available: boolean, detail: string, fix: string, required = true): Protection {
  return { id, available, detail, fix: available ? null : fix, required };
}

function programRow(id: string, program: string, fix: string): Protection {
  const path = findProgram(program);
  return row(id, path !== null, path ?? `${program} is not on the PATH`, fix);
}

/** Runs `true` in the namespace that `argv` makes. */
function triedRow(id: string, [command = "", ...args]: readonly string[], fix: string): Protection {
  const tried = spawnSync(command, [...args, "--ro-bind", "/", "/", "--", "true"], {
    encoding: "utf8",
    timeout: 10_000,
  });
  const said = tried.error?.message ?? tried.stderr.trim();
  const isAvailable = tried.status === 0;
  return row(
    id,
    isAvailable,
    isAvailable ? "tried, works" : `${said}${id === "user-namespaces" ? appArmor() : ""}`,
    fix,
  );
}

/** Ubuntu's knob, which refuses user namespaces to programs without an AppArmor profile that allows them. */
function appArmor(): string {
  const value = readIfThere("/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
  return value?.trim() === "1" ? " (kernel.apparmor_restrict_unprivileged_userns is 1)" : "";
}

function seccompRow(assetsFolder?: string): Protection {
  const actions = readIfThere("/proc/sys/kernel/seccomp/actions_avail");
  try {
    findAssets(assetsFolder);
    return row(
      "seccomp",
      actions !== null,
      actions === null ? "the kernel has no seccomp filters" : `filter for ${process.arch}`,
      FIXES.seccomp,
    );
  } catch {
    return row("seccomp", false, `no filter for ${process.arch}`, FIXES.seccomp);
  }
}

function cgroupRow(controller: Controller, bases: CgroupBases, required: boolean): Protection {
  const base = bases[controller];
  const detail = base ? `version ${base.version}, ${base.directory}` : `no ${controller} cgroup can be made here`;
  return row(`cgroup-${controller}`, base !== null, detail, FIXES.cgroup, required);
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return null;
    throw error;
  }
}
