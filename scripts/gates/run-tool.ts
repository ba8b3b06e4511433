import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** How a tool ended. */
export type ToolExit = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** Path of an executable that `npm ci` put into this project, whatever project it is then run on. */
export function toolPath(name: string): string {
  return fileURLToPath(new URL(`../../node_modules/.bin/${name}`, import.meta.url));
}

/** Runs a program to its end with nothing on standard input; never rejects because of its exit code. */
export async function runTool(file: string, args: readonly string[], cwd: string): Promise<ToolExit> {
  // The pinned Node first, so that a tool's `#!/usr/bin/env node` finds it.
  const env = { ...process.env, PATH: `${toolPath("")}:${process.env["PATH"] ?? ""}`, NO_COLOR: "1" };
  const child = spawn(file, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}
