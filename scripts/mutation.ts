import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MUTATION_GROUPS } from "./mutation/groups.ts";

/**
 * `npm run mutation -- token`: changes the code of a group in every small way, and tells which changes no test notices.
 * The mutator is installed on first use, and anew when its lock file changed; `npm ci` leaves it out.
 */
const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "scripts/mutation");
const stamp = join(folder, "node_modules/.installed-lock");

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(MUTATION_GROUPS, name));
if (unknown.length > 0) {
  console.error(`no group ${unknown.join(", ")}; there are ${Object.keys(MUTATION_GROUPS).join(", ")}`);
  process.exit(2);
}
install();
const failed = Object.entries(MUTATION_GROUPS).filter(
  ([name, { mutate, tests }]) =>
    (asked.length === 0 || asked.includes(name)) &&
    run(
      [process.execPath, stryker(), "run", "scripts/mutation/stryker.config.json", "--mutate", mutate.join(",")],
      root,
      { MUTATION_TESTS: tests.join(" ") },
    ) !== 0,
);
process.exitCode = failed.length === 0 ? 0 : 1;

/** Without the peers that npm would add: vitest is the one of this repository, of which there may be no second. */
function install(): void {
  const wanted = createHash("sha256")
    .update(readFileSync(join(folder, "package-lock.json")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  const status = run(["npm", "ci", "--no-audit", "--no-fund", "--legacy-peer-deps"], folder);
  if (status !== 0) process.exit(status);
  writeFileSync(stamp, wanted);
}

function stryker(): string {
  return join(folder, "node_modules/@stryker-mutator/core/bin/stryker.js");
}

function run(command: readonly string[], cwd: string, environment: Readonly<Record<string, string>> = {}): number {
  const [program = "", ...args] = command;
  return spawnSync(program, args, { cwd, stdio: "inherit", env: { ...process.env, ...environment } }).status ?? 1;
}
