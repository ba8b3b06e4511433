import type { Box, BoxCommand, BoxExit } from "../box.ts";
import type { BoxCgroup } from "../cgroup/box-cgroup.ts";
import type { Namespace } from "./namespace.ts";
import { explainFailure } from "./no-isolation.ts";
import { verifyIsolation } from "./verify-isolation.ts";

/** What a box is put together from. */
export type BoxParts = {
  readonly namespace: Namespace;
  readonly cgroup: BoxCgroup;
  /** The uid that its processes have on the host. */
  readonly uid: number;
  /** The fields of the order before argv: see `hold.bash`. */
  readonly orderHead: readonly string[];
  readonly options: readonly string[];
  argvOf(command: readonly string[]): readonly string[];
  /** Gives back what only a live box may hold. */
  release(): void;
};

/** A shell's code for a command that is not there. */
const NOT_FOUND = 127;
const KILLED = 137;

export function createBwrapBox(parts: BoxParts): Box {
  const { namespace, cgroup } = parts;
  let hasRun = false;
  let destroyed: Promise<void> | null = null;

  return {
    door: namespace.door,
    async run(command) {
      if (hasRun) throw new TypeError("a box runs one command; open another one");
      if (command.argv.length === 0 || command.argv.some((argument) => argument.includes("\0"))) {
        throw new TypeError("argv must name a program, and no argument holds a NUL");
      }
      hasRun = true;
      const exit = await runCommand(parts, command);
      const { memory, pids } = cgroup.hits();
      const limit = memory > 0 ? "memory" : pids > 0 ? "pids" : null;
      return { code: exit, limit: exit === 0 ? null : limit };
    },
    destroy() {
      destroyed ??= destroyBox(parts);
      return destroyed;
    },
  };
}

async function runCommand(parts: BoxParts, command: BoxCommand): Promise<BoxExit["code"]> {
  const { namespace, cgroup } = parts;
  let isStarted = false;
  let exitCode: number | null = null;
  let firstOutput = "";
  const refusals: Error[] = [];
  const onStatus = (line: string): void => {
    const status: unknown = JSON.parse(line);
    if (typeof status !== "object" || status === null) return;
    if ("exit-code" in status) exitCode = Number(status["exit-code"]);
    if (!("child-pid" in status)) return;
    try {
      verifyIsolation(cgroup, parts.uid);
      isStarted = true;
      namespace.start.end("\n");
    } catch (error) {
      refusals.push(error instanceof Error ? error : new TypeError("the isolation could not be verified"));
      namespace.kill();
    }
  };
  readLines(namespace.status, onStatus);
  namespace.output.on("data", (chunk: Buffer) => {
    if (firstOutput.length < 4_096) firstOutput += chunk.toString();
    command.onOutput(chunk);
  });
  const outputEnded = new Promise((resolve) => namespace.output.once("close", resolve));
  namespace.arguments.end(joinFields(parts.options));
  namespace.order.end(joinFields([...parts.orderHead, ...parts.argvOf(command.argv)]));
  // `end` alone would shut down a socket, which this pipe is not.
  namespace.stdin.write(command.stdin ?? "", () => namespace.stdin.destroy());
  await Promise.all([namespace.ended, outputEnded]);
  if (exitCode !== null) return exitCode;
  // No status means that the command never ran, so what was printed is bubblewrap's own, or that it was killed.
  if (firstOutput.startsWith("bwrap: execvp ")) return NOT_FOUND;
  const [refusal] = refusals;
  if (refusal !== undefined && !firstOutput.startsWith("bwrap: ")) throw refusal;
  if (!isStarted || firstOutput.startsWith("bwrap: "))
    throw explainFailure(`${firstOutput}\n${namespace.printed()}`.trim());
  return KILLED;
}

async function destroyBox({ namespace, cgroup, release }: BoxParts): Promise<void> {
  namespace.kill();
  namespace.door.close();
  namespace.stdin.destroy();
  namespace.output.resume();
  try {
    await namespace.ended;
    await cgroup.remove();
  } finally {
    namespace.output.destroy();
    release();
  }
}

function joinFields(fields: readonly string[]): string {
  return fields.map((field) => `${field}\0`).join("");
}

function readLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = "";
  stream.on("data", (chunk: Buffer | string) => {
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") onLine(line);
  });
}
