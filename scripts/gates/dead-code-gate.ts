import { fileURLToPath } from "node:url";
import type { Gate } from "./gate.ts";
import type { DeadCode } from "./knip-reporter.ts";
import { runTool, toolPath } from "./run-tool.ts";

const REPORTER = fileURLToPath(new URL("./knip-reporter.ts", import.meta.url));

/** knip: files, exports and dependencies that nothing uses, and uses of what is not declared. */
export const deadCodeGate: Gate = {
  id: "dead-code",
  async run(root) {
    const flags = ["--no-progress", "--reporter", REPORTER];
    const { code, stdout, stderr } = await runTool(toolPath("knip"), flags, root);
    const report = parseReport(stdout);
    if (report === null) {
      return { inputs: 0, noun: "files", problems: [`knip ended with ${code}: ${(stdout + stderr).trim()}`] };
    }
    const problems = [...report.problems];
    if (code !== 0 && problems.length === 0) problems.push(`knip ended with ${code}: ${stderr.trim()}`);
    return { inputs: report.files, noun: "files", problems };
  },
};

function parseReport(stdout: string): DeadCode | null {
  try {
    // Written by our own reporter, one line.
    return JSON.parse(stdout) as DeadCode;
  } catch {
    return null;
  }
}
