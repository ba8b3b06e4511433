import { spawn } from "node:child_process";
import { once } from "node:events";

/** A server in a process of its own, so that its work and the client's do not share an event loop. */
export type StartedServer = AsyncDisposable & { readonly address: string };

/** Starts a program that prints its address as its first line and ends when its standard input does. */
export async function startServer(program: URL, args: readonly string[]): Promise<StartedServer> {
  const child = spawn(process.execPath, [program.pathname, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "close");
  const printed = once(child.stdout.setEncoding("utf8"), "data");
  const [first] = await Promise.race([printed, ended.then(() => [""])]);
  const address = String(first).trim();
  if (!address.startsWith("http://")) throw new Error(`${program.pathname} did not start`);
  return {
    address,
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await ended;
    },
  };
}
