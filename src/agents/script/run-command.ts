import { spawn } from "node:child_process";

/** How a command ended: its status, and its standard output and error in the order of arrival, at most 1 MiB of them. */
export type CommandResult = { readonly code: number; readonly output: string };

const OUTPUT_LENGTH = 1024 * 1024;

/** Runs a command in `folder`, with `variables` on top of this process's environment and nothing on its input. */
export function runCommand(
  argv: readonly [program: string, ...args: string[]],
  folder: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const [program, ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: folder,
      env: { ...process.env, ...variables },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    const take = (chunk: string): void => {
      if (output.length < OUTPUT_LENGTH) output += chunk;
    };
    child.stdout.setEncoding("utf8").on("data", take);
    child.stderr.setEncoding("utf8").on("data", take);
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}
