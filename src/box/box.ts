import type { Server } from "node:net";

/** Limits of one box. A limit is never "none". */
export type BoxLimits = {
  readonly memoryBytes: number;
  /** Processes and threads together. */
  readonly pids: number;
  /** In CPUs: 2 means two full cores. */
  readonly cpus: number;
  readonly fileSizeBytes: number;
  readonly openFiles: number;
};

/** One path of the host that the box sees. Sources must exist; a directory brings its whole tree. */
export type Bind = { readonly source: string; readonly target: string; readonly writable: boolean };

/** What a box is made of. */
export type BoxSpec = {
  /** Lower-case letters, digits and hyphens; names the cgroup. */
  readonly id: string;
  /** The workspace on the host, writable in the box at `workspaceTarget`. The provider gives it the owner that the box runs as. */
  readonly workspace: string;
  readonly workspaceTarget: string;
  readonly binds: readonly Bind[];
  readonly environment: Readonly<Record<string, string>>;
  readonly limits: BoxLimits;
};

/** What to run in a box: one command, once. */
export type BoxCommand = {
  readonly argv: readonly string[];
  /** Written to the command's standard input, which is then closed. */
  readonly stdin?: string;
  /** Called with each chunk of standard output and standard error, in the order of arrival. */
  readonly onOutput: (chunk: Buffer) => void;
};

/** How a command ended. */
export type BoxExit = {
  /** The exit status, or 128 + the signal's number. */
  readonly code: number;
  /** Set when a limit ended it. */
  readonly limit: "memory" | "pids" | null;
};

/**
 * A box: an own network namespace with nothing but loopback, own PID, mount, IPC, UTS, user and cgroup namespaces, no
 * capability, a seccomp filter, limits. It runs one command and is then destroyed; it is never used again.
 *
 * Call order: `BoxProvider.open`, hand `door` to whoever answers, `run` once, `destroy`. `destroy` may be called at any
 * time and more than once: when it returns, no process of the box is alive and its cgroup is gone.
 */
export interface Box {
  /** Listens on 127.0.0.1:29418 inside the box's network namespace. Each connection is this box's, by construction. */
  readonly door: Server;
  run(command: BoxCommand): Promise<BoxExit>;
  destroy(): Promise<void>;
}

/** One protection, whether this machine has it, and the command or setting that gives it. */
export type Protection = {
  /** Such as `bubblewrap`, `user-namespaces`, `cgroup-memory`, `seccomp`. */
  readonly id: string;
  readonly available: boolean;
  /** What was seen, in a few words. */
  readonly detail: string;
  /** The exact fix when not available, else null. */
  readonly fix: string | null;
  /** True when no box starts without it. */
  readonly required: boolean;
};

/**
 * A way of making boxes. `open`, and `run` for what shows only then, throws `SallyportError("no-isolation")` with the
 * missing protection and its fix rather than start with less (attack 22). Disposing destroys the boxes that are open.
 */
export interface BoxProvider extends AsyncDisposable {
  readonly name: "bwrap";
  probe(): Promise<readonly Protection[]>;
  /**
   * Prepares one never-used network namespace in the background, so that a later `open` starts faster; each serves one
   * box. A failure is reported by that `open`. Throws `no-isolation` like `open`.
   */
  warm(): void;
  open(spec: BoxSpec): Promise<Box>;
  /** Kills and removes what boxes of a dead process left behind; `ids` are spec ids, or a prefix of them up to a hyphen. */
  sweep(ids: readonly string[]): Promise<void>;
}

/** The port of Bitbucket's own authentication proxy (design, section 4). */
export const DOOR_PORT = 29418;
