import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/**
 * Installs the real agents that the end-to-end tests run (`test/agents/package.json`, exact versions, with a lock file),
 * unless exactly these are there. They are hundreds of megabytes, so `npm ci` leaves them out and `npm test` fetches them.
 */
const folder = fileURLToPath(new URL("../test/agents/", import.meta.url));
const stamp = `${folder}node_modules/.installed-lock`;

const wanted = createHash("sha256")
  .update(await readFile(`${folder}package-lock.json`))
  .digest("hex");
const installed = await readFile(stamp, "utf8").catch(() => null);

if (installed !== wanted) {
  console.log("fetching the real agents of test/agents (about 400 MB, once) …");
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: folder, stdio: "inherit" });
  if (status === 0) {
    await writeFile(stamp, wanted);
  } else {
    console.error(
      "The real agents of test/agents could not be installed: see npm's message above, then run `npm test` again.",
    );
    process.exitCode = 1;
  }
}
