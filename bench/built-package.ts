import { cpSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProgram } from "./run-program.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/**
 * Builds the package as it is published, in `folder`, which it makes: nothing is written to the checkout. Its dependencies
 * are the checkout's. Resolves with the launcher's path.
 */
export async function buildPackage(folder: string): Promise<string> {
  const parts = ["bin", "src", "scripts", "package.json", "rolldown.config.ts"];
  for (const part of parts) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const rolldown = join(ROOT, "node_modules/.bin/rolldown");
  await runProgram([process.execPath, rolldown, "--config"], { cwd: folder });
  // What is published has no sources, and that is how its launcher tells.
  for (const part of ["src", "scripts"]) rmSync(join(folder, part), { recursive: true });
  return join(folder, "bin/sallyport.js");
}
