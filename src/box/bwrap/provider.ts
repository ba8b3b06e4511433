import { lstatSync } from "node:fs";
import { isAbsolute, normalize } from "node:path";
import { SallyportError } from "../../base/index.ts";
import type { Box, BoxProvider, BoxSpec } from "../box.ts";
import { createBoxCgroup } from "../cgroup/box-cgroup.ts";
import { findCgroupBases, type CgroupBases } from "../cgroup/hierarchy.ts";
import { sweepCgroups } from "../cgroup/sweep-cgroups.ts";
import { findAssets, type Assets } from "./assets.ts";
import { createBwrapBox } from "./bwrap-box.ts";
import { bindsOf, boxArgv, innerOptions, type Programs } from "./chain.ts";
import { checkUidRange, leaseUid, type UidRange } from "./identity.ts";
import { openNamespace, type Namespace } from "./namespace.ts";
import { FIXES, noIsolation } from "./no-isolation.ts";
import { giveTree } from "./ownership.ts";
import { probeBwrap } from "./probe.ts";
import { findProgram } from "./programs.ts";
import { systemMounts } from "./system-mounts.ts";

export type BwrapOptions = {
  /** Host uids for boxes when Sallyport is root. Default 200000 to 265535. */
  readonly uids?: UidRange;
  /** The folder of files that run outside this process. Default: `assets` beside this room. */
  readonly assets?: string;
};

const DEFAULT_UIDS: UidRange = { first: 200_000, count: 65_536 };

/** What this machine gives, looked at once. */
type Machine = {
  readonly programs: Programs;
  readonly assets: Assets;
  readonly bases: CgroupBases;
  readonly mounts: readonly string[];
};

/** Boxes made of two bubblewrap sandboxes, one in the other: see `chain.ts`. */
export function createBwrapProvider(options: BwrapOptions = {}): BoxProvider {
  const uids = options.uids ?? DEFAULT_UIDS;
  const warm: Promise<Namespace>[] = [];
  const live = new Set<Box>();
  let seen: Machine | null = null;
  const machine = (): Machine => (seen ??= lookAtMachine(options, uids));

  return {
    name: "bwrap",
    probe: () => probeBwrap(uids, options.assets),
    warm() {
      const { programs, assets } = machine();
      const namespace = openNamespace(programs, assets);
      // The failure is reported by the `open` that takes it.
      namespace.catch(() => {});
      warm.push(namespace);
    },
    async open(spec) {
      checkSpec(spec);
      const box = await openBox(spec, machine(), uids, takeNamespace(warm, machine()));
      live.add(box);
      return {
        door: box.door,
        run: (command) => box.run(command),
        destroy: () => box.destroy().then(() => void live.delete(box)),
      };
    },
    sweep: (ids) => sweepCgroups(ids),
    async [Symbol.asyncDispose]() {
      await Promise.all([...live].map((box) => box.destroy()));
      await Promise.all(warm.splice(0).map(discard));
    },
  };
}

function lookAtMachine(options: BwrapOptions, uids: UidRange): Machine {
  if (process.platform !== "linux") throw noIsolation("boxes need Linux", FIXES.linux);
  const isRoot = process.getuid?.() === 0;
  const required = (name: string, fix: string): string => {
    const path = findProgram(name);
    if (path === null) throw noIsolation(`${name} is not on the PATH`, fix);
    return path;
  };
  const programs = {
    node: process.execPath,
    bwrap: required("bwrap", FIXES.bubblewrap),
    bash: required("bash", FIXES.bash),
    setpriv: isRoot ? required("setpriv", FIXES.setpriv) : null,
  };
  const bases = findCgroupBases();
  for (const controller of ["memory", "pids"] as const) {
    if (!bases[controller]) throw noIsolation(`no ${controller} cgroup can be made`, FIXES.cgroup);
  }
  if (isRoot) checkUidRange(uids);
  return { programs, assets: findAssets(options.assets), bases, mounts: systemMounts() };
}

/** A warm namespace that still lives, else a new one. Each serves one box. */
async function takeNamespace(warm: Promise<Namespace>[], { programs, assets }: Machine): Promise<Namespace> {
  for (let next = warm.shift(); next; next = warm.shift()) {
    const namespace = await next;
    if (!namespace.isEnded()) return namespace;
  }
  return openNamespace(programs, assets);
}

async function openBox(spec: BoxSpec, machine: Machine, uids: UidRange, opening: Promise<Namespace>): Promise<Box> {
  const { programs, assets, bases, mounts } = machine;
  // Whatever throws first, a namespace that opens later must not be left behind.
  opening.catch(() => {});
  const isRoot = programs.setpriv !== null;
  const lease = isRoot ? await leaseUid(uids, lstatSync(spec.workspace).uid) : null;
  try {
    const uid = lease?.uid ?? process.getuid?.() ?? -1;
    if (lease) giveTree(spec.workspace, uid);
    const cgroup = createBoxCgroup(bases, spec.id, spec.limits);
    try {
      const binds = bindsOf(spec, assets);
      const { openFiles, fileSizeBytes } = spec.limits;
      return createBwrapBox({
        namespace: await opening,
        cgroup,
        uid,
        orderHead: [
          String(openFiles),
          String(Math.ceil(fileSizeBytes / 1024)),
          ...assets.filters,
          String(cgroup.joinFiles.length),
          ...cgroup.joinFiles,
        ],
        options: innerOptions(spec, mounts, binds, isRoot),
        argvOf: (command) => boxArgv(programs, mounts, binds, uid, command),
        release: () => lease?.release(),
      });
    } catch (error) {
      await cgroup.remove();
      throw error;
    }
  } catch (error) {
    lease?.release();
    await discard(opening);
    throw error;
  }
}

async function discard(opening: Promise<Namespace>): Promise<void> {
  try {
    const namespace = await opening;
    namespace.kill();
    namespace.door.close();
    namespace.stdin.destroy();
    namespace.output.destroy();
    await namespace.ended;
  } catch {
    // It never opened; whoever asked for it was told.
  }
}

function checkSpec(spec: BoxSpec): void {
  if (!/^[a-z0-9][a-z0-9-]{0,127}$/.test(spec.id))
    throw new TypeError(`"${spec.id}" is no box id: lower-case letters, digits, hyphens`);
  for (const value of Object.values(spec.limits)) {
    if (!(Number.isFinite(value) && value > 0))
      throw new TypeError(`a limit of box ${spec.id} is ${value}; it must be positive`);
  }
  const targets = [spec.workspaceTarget, ...spec.binds.map((bind) => bind.target)];
  for (const path of [spec.workspace, ...targets, ...spec.binds.map((bind) => bind.source)]) {
    if (!isAbsolute(path) || normalize(path) !== path || path.includes("\0"))
      throw new TypeError(`"${path}" must be an absolute, plain path`);
  }
  for (const [name, value] of Object.entries(spec.environment)) {
    if (name === "" || /[=\0]/.test(name) || value.includes("\0"))
      throw new TypeError(`"${name}" is no environment variable`);
  }
  for (const source of [spec.workspace, ...spec.binds.map((bind) => bind.source)]) {
    const stats = lstatSync(source, { throwIfNoEntry: false });
    if (!stats) throw new SallyportError("not-found", `the box's source ${source} does not exist`);
    if (source === spec.workspace && !stats.isDirectory())
      throw new SallyportError("not-found", `the workspace ${source} is not a directory`);
  }
}
