import { spawn, spawnSync } from "node:child_process";
import { SallyportError } from "../../base/index.ts";

/** Programs that the demonstration needs, each with the package that has it: the box, and the agents' way to REST. */
const NEEDED = [
  { program: "bwrap", package: "bubblewrap" },
  { program: "curl", package: "curl" },
] as const;

/**
 * Makes sure that bubblewrap and curl are there: on a machine with apt it says so and installs them, as root or through
 * sudo; elsewhere it throws `no-isolation`, or `not-found` when only curl is missing, with the one command to type.
 */
export async function installPrograms(say: (line: string) => void): Promise<void> {
  const missing = findMissing();
  if (missing.length === 0) return;
  const root = process.getuid?.() === 0;
  if (!isThere("apt-get") || (!root && !isThere("sudo")))
    throw stillMissing(missing, root, "they are not there; install them with");
  const prefix = root ? [] : ["sudo"];
  const install = ["apt-get", "install", ...missing];
  say(`missing: ${missing.join(", ")}; installing with ${[...prefix, ...install].join(" ")}`);
  for (const args of [
    ["update", "-qq"],
    ["install", "-y", "-qq", "--no-install-recommends", ...missing],
  ]) {
    await run([...prefix, "apt-get", ...args]);
  }
  const left = findMissing();
  if (left.length > 0) throw stillMissing(left, root, "apt did not install them; type");
}

function findMissing(): readonly string[] {
  return NEEDED.filter(({ program }) => !isThere(program)).map((one) => one.package);
}

function stillMissing(packages: readonly string[], root: boolean, what: string): SallyportError {
  const code = packages.includes("bubblewrap") ? "no-isolation" : "not-found";
  const names = packages.join(" and ");
  return new SallyportError(code, `the demonstration needs ${names}; ${what}: ${commandHere(packages, root)}`);
}

function commandHere(packages: readonly string[], root: boolean): string {
  const prefix = root ? "" : "sudo ";
  const names = packages.join(" ");
  if (isThere("dnf")) return `${prefix}dnf install ${names}`;
  if (isThere("apk")) return `${prefix}apk add ${names}`;
  if (isThere("pacman")) return `${prefix}pacman -S ${names}`;
  return `${prefix}apt-get install ${names}`;
}

function isThere(program: string): boolean {
  return spawnSync(program, ["--version"], { stdio: "ignore" }).error === undefined;
}

/** Its output goes to standard error: whoever waits sees what apt does. A failure shows in what is still missing. */
function run([program = "", ...args]: readonly string[]): Promise<void> {
  const child = spawn(program, args, { stdio: ["inherit", process.stderr, process.stderr] });
  return new Promise((resolve) => {
    child.on("error", () => resolve());
    child.on("close", () => resolve());
  });
}
