import { spawn } from "node:child_process";

/** Runs a program to its end without looking at its output; throws when it does not end with 0. */
export async function runProgram(
  argv: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<void> {
  const [command = "", ...args] = argv;
  let said = "";
  const child = spawn(command, args, { ...options, stdio: ["ignore", "ignore", "pipe"] });
  child.stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2_000)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`${argv.slice(0, 4).join(" ")} ended with ${code}: ${said}`);
}

/** Git with an author, in `folder`. */
export async function runGit(folder: string, ...args: readonly string[]): Promise<void> {
  await runProgram(["git", "-C", folder, "-c", "user.name=Robin", "-c", "user.email=robin@shop.example", ...args]);
}
