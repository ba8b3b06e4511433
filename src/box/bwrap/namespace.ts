import { spawn, type ChildProcess } from "node:child_process";
import { readlinkSync } from "node:fs";
import { Server, Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { DOOR_PORT } from "../box.ts";
import type { Assets } from "./assets.ts";
import { FDS, outerArgv, type Programs } from "./chain.ts";
import { FIXES, explainFailure, noIsolation } from "./no-isolation.ts";

/** A network namespace that nothing ran in yet, held by a process that waits for what to become. */
export type Namespace = {
  readonly door: Server;
  /** The box's standard streams: pipes. */
  readonly stdin: Socket;
  readonly output: Socket;
  readonly order: Writable;
  readonly arguments: Writable;
  readonly status: Readable;
  readonly start: Writable;
  /** What the holder and the outer bwrap printed. */
  printed(): string;
  readonly isEnded: () => boolean;
  /** Resolves when the holder, and all that it became, is dead. */
  readonly ended: Promise<void>;
  kill(): void;
};

/**
 * Starts a namespace and waits until its door listens. A Node program in it opens the socket, hands it over the IPC
 * channel and ends, so no relay stands between the box and the broker, nor anywhere that the box could reach.
 */
export async function openNamespace(programs: Programs, assets: Assets): Promise<Namespace> {
  const [bwrap = "", ...args] = outerArgv(programs, assets, DOOR_PORT);
  const child = spawn(bwrap, args, {
    // Nothing of this process's environment: whoever looks at the chain finds no secret (attack 1).
    env: {},
    stdio: ["ignore", "ignore", "pipe", "pipe", "ipc", "pipe", "pipe", "pipe"],
  });
  let printed = "";
  child.stderr?.on("data", (chunk: Buffer) => (printed = (printed + chunk.toString()).slice(-4_096)));
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  // An error of spawn itself reaches the promise below; later ones are the pipes of a dead chain, which `close` reports.
  child.on("error", () => {});
  for (const stream of child.stdio) stream?.on("error", () => {});
  try {
    const { door, stdin, output } = await receiveDoor(child, () => printed);
    return {
      ...{ door, stdin, output, ended },
      order: writableOf(child, 3),
      arguments: writableOf(child, FDS.arguments),
      status: readableOf(child, FDS.status),
      start: writableOf(child, FDS.start),
      printed: () => printed,
      isEnded: () => child.exitCode !== null || child.signalCode !== null,
      kill: () => void child.kill("SIGKILL"),
    };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

type Handed = { readonly door: Server; readonly stdin: Socket; readonly output: Socket };

async function receiveDoor(child: ChildProcess, printed: () => string): Promise<Handed> {
  const sockets = new Map<unknown, Socket>();
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      for (const socket of sockets.values()) socket.destroy();
      reject(error);
    };
    child.once("error", (error) =>
      fail(noIsolation(`cannot start bubblewrap (${error.message})`, FIXES.bubblewrap, error)),
    );
    const onClose = (): void => fail(explainFailure(printed()));
    child.once("close", onClose);
    child.on("message", (message: unknown, handle: unknown) => {
      if (handle instanceof Socket) {
        // Node reads from it at once, which fails when the other end of a pipe that only takes writes is gone.
        handle.on("error", () => {});
        return void sockets.set(message, handle);
      }
      const [stdin, output] = [sockets.get("stdin"), sockets.get("output")];
      if (!(handle instanceof Server) || !stdin || !output) {
        return fail(noIsolation("the door could not be handed over", "run `sallyport doctor`"));
      }
      // Attack 22: the door must be of another network than ours, whatever bubblewrap said.
      if (message === readlinkSync("/proc/self/ns/net")) {
        handle.close();
        return fail(noIsolation("the box would share our network", FIXES["network-namespace"]));
      }
      child.off("close", onClose);
      resolve({ door: handle, stdin, output });
    });
  });
}

function writableOf(child: ChildProcess, fd: number): Writable {
  const stream = child.stdio[fd];
  if (!stream || !("write" in stream)) throw new TypeError(`descriptor ${fd} is not writable`);
  return stream;
}

function readableOf(child: ChildProcess, fd: number): Readable {
  const stream = child.stdio[fd];
  if (!stream || !("read" in stream)) throw new TypeError(`descriptor ${fd} is not readable`);
  return stream;
}
