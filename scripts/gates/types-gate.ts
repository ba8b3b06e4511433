import type { Gate } from "./gate.ts";
import { runTool, toolPath } from "./run-tool.ts";

/** The compiler, over everything that `tsconfig.json` includes. */
export const typesGate: Gate = {
  id: "types",
  async run(root) {
    const { code, stdout, stderr } = await runTool(
      toolPath("tsc"),
      ["-p", ".", "--listFiles", "--pretty", "false"],
      root,
    );
    const lines = `${stdout}\n${stderr}`.split("\n").filter((line) => line !== "");
    const files = lines.filter((line) => line.startsWith("/") && !line.includes("/node_modules/"));
    const errors = lines.filter((line) => /^[^/\s]/.test(line)); // indented lines explain the one before
    if (code !== 0 && errors.length === 0) errors.push(`tsc ended with ${code} and no message`);
    return { inputs: files.length, noun: "files", problems: code === 0 ? [] : errors };
  },
};
