import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Skipped } from "./measurement.ts";
import { runProgram } from "./run-program.ts";

const FOLDER = fileURLToPath(new URL("peers/", import.meta.url));
const STAMP = join(FOLDER, "node_modules/.installed-lock");

/**
 * The program of a peer that `bench/peers/package.json` pins. The peers are installed on first use, and anew when their
 * lock file changed; `npm ci` leaves them out.
 */
export async function findPeer(name: string): Promise<string | Skipped> {
  const wanted = createHash("sha256")
    .update(readFileSync(join(FOLDER, "package-lock.json")))
    .digest("hex");
  const installed = existsSync(STAMP) ? readFileSync(STAMP, "utf8") : null;
  if (installed !== wanted) {
    try {
      await runProgram(["npm", "ci", "--no-audit", "--no-fund"], { cwd: FOLDER });
    } catch (error) {
      return { skipped: `${name} could not be installed: ${error instanceof Error ? error.message : String(error)}` };
    }
    writeFileSync(STAMP, wanted);
  }
  return join(FOLDER, "node_modules/.bin", name);
}
