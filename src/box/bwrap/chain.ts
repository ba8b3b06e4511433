import type { Assets } from "./assets.ts";
import type { Bind, BoxSpec } from "../box.ts";

/** The programs of a chain; `setpriv` is null for an ordinary user, who has no other uid to give. */
export type Programs = {
  readonly node: string;
  readonly bwrap: string;
  readonly bash: string;
  readonly setpriv: string | null;
};

/** The user that every box's processes are, as seen from inside. */
const INSIDE_ID = "1000";
const HOME = "/home/agent";
const DEFAULT_ENVIRONMENT = { HOME, PATH: "/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin" };
/** Where root puts the box's binds, for the unprivileged inner bwrap to take them from. */
const STAGE = "/stage";

/** Descriptors of `hold.bash`, which see. */
export const FDS = { arguments: 5, status: 6, start: 7, filters: [8, 9] } as const;

/**
 * The outer sandbox: a network namespace of its own, and a PID namespace so that everything in it dies with this
 * process. It sees the host's files, for only our own programs run in it.
 */
export function outerArgv(programs: Programs, assets: Assets, port: number): readonly string[] {
  return [
    ...[programs.bwrap, "--unshare-net", "--unshare-pid", "--die-with-parent"],
    ...(programs.setpriv === null ? ["--unshare-user"] : []),
    // As root, `hold.bash` mounts /proc.
    ...["--dev-bind", "/", "/", ...(programs.setpriv === null ? ["--proc", "/proc"] : []), "--"],
    ...[programs.bash, "--norc", "--noprofile", assets.hold, programs.node, assets.listen, String(port)],
  ];
}

/**
 * What the held namespace becomes: the box's own bwrap, whose options come over a descriptor because the environment
 * must not be seen in an argument list. As root, a first bwrap makes the binds, also of sources that only root may
 * enter, in a root that holds nothing else of the host's, and `setpriv` gives up root.
 */
export function boxArgv(
  programs: Programs,
  mounts: readonly string[],
  binds: readonly Bind[],
  uid: number,
  command: readonly string[],
): readonly string[] {
  const inner = [programs.bwrap, "--args", String(FDS.arguments), "--", ...command];
  if (programs.setpriv === null) return inner;
  const staged = binds.flatMap((bind, index) => [
    bind.writable ? "--bind" : "--ro-bind",
    bind.source,
    stagePath(index),
  ]);
  return [
    ...[programs.bwrap, "--die-with-parent", ...mounts, "--dir", "/tmp", "--dir", STAGE],
    ...["--dev-bind", "/dev", "/dev", "--dev-bind", "/proc", "/proc", ...staged, "--remount-ro", "/", "--"],
    ...[
      programs.setpriv,
      "--reuid",
      String(uid),
      "--regid",
      String(uid),
      "--clear-groups",
      "--inh-caps=-all",
      "--no-new-privs",
      "--",
    ],
    ...inner,
  ];
}

/** The options of the box's own bwrap. */
export function innerOptions(
  spec: BoxSpec,
  mounts: readonly string[],
  binds: readonly Bind[],
  isStaged: boolean,
): readonly string[] {
  const environment = { ...DEFAULT_ENVIRONMENT, ...spec.environment };
  const size = String(spec.limits.memoryBytes);
  return [
    ...["--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup"],
    ...["--die-with-parent", "--new-session", "--cap-drop", "ALL", "--hostname", "sallyport"],
    ...["--uid", INSIDE_ID, "--gid", INSIDE_ID],
    ...["--json-status-fd", String(FDS.status), "--block-fd", String(FDS.start)],
    ...FDS.filters.flatMap((fd) => ["--add-seccomp-fd", String(fd)]),
    ...mounts,
    ...["--proc", "/proc", "--dev", "/dev"],
    ...["--perms", "1777", "--size", size, "--tmpfs", "/tmp", "--perms", "0700", "--size", size, "--tmpfs", HOME],
    ...binds.flatMap(({ source, target, writable }, index) => [
      ...[writable ? "--bind" : "--ro-bind", isStaged ? stagePath(index) : source, target],
    ]),
    ...["--remount-ro", "/", "--chdir", spec.workspaceTarget, "--clearenv"],
    ...Object.entries(environment).flatMap(([name, value]) => ["--setenv", name, value]),
  ];
}

/** Every bind of a box, ours first, so that a box's own can lie inside the workspace. */
export function bindsOf(spec: BoxSpec, assets: Assets): readonly Bind[] {
  const etc = Object.entries(assets.etc).map(([name, source]) => ({ source, target: `/etc/${name}`, writable: false }));
  return [...etc, { source: spec.workspace, target: spec.workspaceTarget, writable: true }, ...spec.binds];
}

function stagePath(index: number): string {
  return `${STAGE}/${index}`;
}
