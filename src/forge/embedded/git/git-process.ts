import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { join } from "node:path";
import { SallyportError } from "../../../base/index.ts";

/** One run of git that has ended. */
export type GitResult = { readonly code: number; readonly stdout: Buffer; readonly stderr: string };

/** What one run of git gets besides its arguments. */
export type GitOptions = {
  /** The repository, as an absolute path: becomes `GIT_DIR`, so that git looks for none. */
  readonly gitDirectory?: string;
  /** Where it runs; for commands that look for the repository themselves. */
  readonly directory?: string;
  readonly input?: string | Buffer;
  /** More variables; they win over the clean environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** More configuration, at the level of the command line. */
  readonly configuration?: GitConfiguration;
  /** Most bytes of output; more is a fault. Default 64 MiB. */
  readonly maxOutput?: number;
};

export type GitConfiguration = readonly (readonly [name: string, value: string])[];

/** Runs git: argv only, in an environment that holds nothing of the caller's `GIT_*` variables or configuration. */
export interface Git {
  /** Resolves with any exit code; throws `SallyportError` (`machine-fault`) when git cannot run or is killed. */
  run(args: readonly string[], options?: GitOptions): Promise<GitResult>;
  /** The output of a run that must succeed, without the last line feed; any other exit code throws. */
  text(args: readonly string[], options?: GitOptions): Promise<string>;
  /** Starts a run whose streams the caller reads; in a process group of its own. */
  start(args: readonly string[], options: GitOptions & { readonly stdio: StdioOptions }): ChildProcess;
}

const DEFAULT_OUTPUT = 64 * 1024 * 1024;

/** `hooks` is the only folder that hooks run from; `home` a folder that holds no configuration. */
export function createGit({ hooks, home }: { readonly hooks: string; readonly home: string }): Git {
  /** At the level of the command line, so that no repository's own configuration wins over it (attack 29). */
  const always: GitConfiguration = [
    ["core.hooksPath", hooks],
    ["core.fsmonitor", "false"],
    // The state folder is 0700 and ours; a clone is one that its user named. Who owns the files says no more.
    ["safe.directory", "*"],
    ["gc.auto", "0"],
    ["maintenance.auto", "false"],
    ["receive.autogc", "false"],
    ["transfer.hideRefs", "refs/sallyport"],
    // A blob beyond it is streamed and never compared line by line: a small push may hold gigabytes of one byte (attack 27).
    ["core.bigFileThreshold", "16m"],
    // All traffic stays on this machine: searching for deltas and squeezing costs more than it saves. Deltas that a pack
    // has already are passed on as they are.
    ["pack.window", "0"],
    ["pack.compression", "1"],
    // Checkout of a snapshot, which no branch names.
    ["uploadpack.allowAnySHA1InWant", "true"],
    ["uploadpack.allowFilter", "true"],
  ];

  function environmentOf({ gitDirectory, configuration = [], environment = {} }: GitOptions): Record<string, string> {
    const settings = [...always, ...configuration];
    return {
      PATH: process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin",
      LC_ALL: "C",
      HOME: join(home, "none"),
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_CONFIG_SYSTEM: "/dev/null",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_ATTR_NOSYSTEM: "1",
      GIT_TERMINAL_PROMPT: "0",
      // No transport at all: objects come by alternates, or over HTTP, by git itself.
      GIT_ALLOW_PROTOCOL: "",
      GIT_NO_LAZY_FETCH: "1",
      GIT_NO_REPLACE_OBJECTS: "1",
      GIT_OPTIONAL_LOCKS: "0",
      GIT_AUTHOR_NAME: "Sallyport",
      GIT_AUTHOR_EMAIL: "sallyport@localhost",
      GIT_COMMITTER_NAME: "Sallyport",
      GIT_COMMITTER_EMAIL: "sallyport@localhost",
      GIT_CONFIG_COUNT: String(settings.length),
      ...Object.fromEntries(
        settings.flatMap(([name, value], index) => [
          [`GIT_CONFIG_KEY_${index}`, name],
          [`GIT_CONFIG_VALUE_${index}`, value],
        ]),
      ),
      ...(gitDirectory === undefined ? {} : { GIT_DIR: gitDirectory }),
      ...environment,
    };
  }

  function start(args: readonly string[], options: GitOptions & { readonly stdio: StdioOptions }): ChildProcess {
    const cwd = options.directory ?? options.gitDirectory ?? home;
    return spawn("git", args, { cwd, env: environmentOf(options), stdio: options.stdio, detached: true });
  }

  function run(args: readonly string[], options: GitOptions = {}): Promise<GitResult> {
    const child = start(args, { ...options, stdio: ["pipe", "pipe", "pipe"] });
    return collect(child, args, options);
  }

  async function text(args: readonly string[], options: GitOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await run(args, options);
    if (code === 0) return stdout.toString("utf8").replace(/\n$/u, "");
    throw fault(args, `ended with ${code}: ${stderr.trim()}`);
  }

  return { run, text, start };
}

function collect(child: ChildProcess, args: readonly string[], options: GitOptions): Promise<GitResult> {
  const limit = options.maxOutput ?? DEFAULT_OUTPUT;
  return new Promise((resolve, reject) => {
    const out: Buffer[] = [];
    let size = 0;
    let stderr = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) out.push(chunk);
      else child.kill("SIGKILL");
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      if (stderr.length < 8_192) stderr += chunk.toString("utf8");
    });
    // git may end without reading all of its input; its exit code then says why.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(options.input ?? "");
    child.on("error", (error) => reject(fault(args, "cannot be started; install git", error)));
    child.on("close", (code, signal) => {
      if (size > limit) reject(fault(args, `printed more than ${limit} bytes`));
      else if (code === null) reject(fault(args, `was ended by ${signal}`));
      else resolve({ code, stdout: Buffer.concat(out), stderr });
    });
  });
}

function fault(args: readonly string[], what: string, cause?: unknown): SallyportError {
  return new SallyportError("machine-fault", `git ${args[0] ?? ""} ${what}.`, { cause });
}
