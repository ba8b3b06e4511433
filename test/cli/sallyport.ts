import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

export const LAUNCHER = fileURLToPath(new URL("../../bin/sallyport.js", import.meta.url));

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export type Start = {
  readonly directory?: string;
  readonly stdin?: string;
  readonly environment?: Readonly<Record<string, string>>;
};

/** A folder of its own, with a private state directory in it. */
export type Room = AsyncDisposable & {
  readonly folder: string;
  readonly home: string;
  /** Runs `bin/sallyport.js` to its end. */
  sallyport(args: readonly string[], start?: Start): Promise<Ended>;
};

export async function makeRoom(): Promise<Room> {
  const folder = await mkdtemp(join(tmpdir(), "sallyport-cli-"));
  const home = join(folder, "state");
  return {
    folder,
    home,
    sallyport: (args, start = {}) => runSallyport(args, { directory: folder, ...start }, home),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

async function runSallyport(args: readonly string[], start: Start, home: string): Promise<Ended> {
  const child = spawn(process.execPath, [LAUNCHER, ...args], {
    cwd: start.directory,
    env: environmentFor(home, start.environment),
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(start.stdin ?? "");
  const [[code], stdout, stderr] = await Promise.all([
    once(child, "close") as Promise<[number | null]>,
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code, stdout, stderr };
}

/** Only what a program needs, so that nothing of the person's own settings counts. */
export function environmentFor(home: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { PATH = "", HOME = "" } = process.env;
  return { PATH, HOME, SALLYPORT_HOME: home, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null", ...more };
}
