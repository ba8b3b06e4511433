import type { Gate } from "./gate.ts";
import { runTool, toolPath } from "./run-tool.ts";

type Diagnostic = {
  readonly message: string;
  readonly code?: string;
  readonly filename?: string;
  readonly labels: readonly { readonly span: { readonly line: number; readonly column: number } }[];
};
type Report = { readonly number_of_files: number; readonly diagnostics: readonly Diagnostic[] };

/** oxlint with type information; a warning counts as an error. */
export const lintGate: Gate = {
  id: "lint",
  async run(root) {
    const flags = ["--type-aware", "--deny-warnings", "--report-unused-disable-directives", "--format", "json", "."];
    const { code, stdout, stderr } = await runTool(toolPath("oxlint"), flags, root);
    const report = parseReport(stdout);
    if (report === null) {
      // Without a file to look at, oxlint prints a sentence instead of JSON.
      const empty = /no files found/i.test(stdout + stderr);
      return {
        inputs: 0,
        noun: "files",
        problems: empty ? [] : [`oxlint ended with ${code}: ${stdout}${stderr}`.trim()],
      };
    }
    const problems = report.diagnostics.map(formatDiagnostic);
    if (code !== 0 && problems.length === 0) problems.push(`oxlint ended with ${code}: ${stderr.trim()}`);
    return { inputs: report.number_of_files, noun: "files", problems };
  },
};

function parseReport(stdout: string): Report | null {
  try {
    // The shape is oxlint's own; the negative test of this gate reads every field used here.
    return JSON.parse(stdout) as Report;
  } catch {
    return null;
  }
}

function formatDiagnostic({ filename, labels, code, message }: Diagnostic): string {
  const span = labels[0]?.span;
  return `${filename ?? "?"}:${span?.line ?? 0}:${span?.column ?? 0} ${code ?? ""} ${message}`;
}
