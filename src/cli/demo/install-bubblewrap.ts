import { spawn, spawnSync } from "node:child_process";
import { SallyportError } from "../../base/index.ts";

/**
 * Makes sure that bubblewrap is there: on a machine with apt it says so and installs it, as root or through sudo;
 * elsewhere it throws `no-isolation` with the one command to type.
 */
export async function installBubblewrap(say: (line: string) => void): Promise<void> {
  if (isThere("bwrap")) return;
  const root = process.getuid?.() === 0;
  if (!isThere("apt-get") || (!root && !isThere("sudo"))) {
    throw new SallyportError(
      "no-isolation",
      `bubblewrap is missing; install it, for example with: ${commandHere(root)}`,
    );
  }
  const prefix = root ? [] : ["sudo"];
  say(`bubblewrap is missing: installing it with ${[...prefix, "apt-get install bubblewrap"].join(" ")}`);
  for (const args of [
    ["update", "-qq"],
    ["install", "-y", "-qq", "--no-install-recommends", "bubblewrap"],
  ]) {
    await run([...prefix, "apt-get", ...args]);
  }
  if (!isThere("bwrap")) {
    throw new SallyportError("no-isolation", `bubblewrap could not be installed; type: ${commandHere(root)}`);
  }
}

function commandHere(root: boolean): string {
  const prefix = root ? "" : "sudo ";
  if (isThere("dnf")) return `${prefix}dnf install bubblewrap`;
  if (isThere("apk")) return `${prefix}apk add bubblewrap`;
  if (isThere("pacman")) return `${prefix}pacman -S bubblewrap`;
  return `${prefix}apt-get install bubblewrap`;
}

function isThere(program: string): boolean {
  return spawnSync(program, ["--version"], { stdio: "ignore" }).error === undefined;
}

/** Its output goes to standard error: whoever waits sees what apt does. A failure shows in that bwrap is still missing. */
function run([program = "", ...args]: readonly string[]): Promise<void> {
  const child = spawn(program, args, { stdio: ["inherit", process.stderr, process.stderr] });
  return new Promise((resolve) => {
    child.on("error", () => resolve());
    child.on("close", () => resolve());
  });
}
