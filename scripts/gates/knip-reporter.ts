import { relative } from "node:path";
import type { ReporterOptions } from "knip";

/** What the dead-code gate needs of a knip run: its own reporters do not say how many files were looked at. */
export type DeadCode = { readonly files: number; readonly problems: readonly string[] };

/** knip loads a reporter by its default export. */
export default function reportDeadCode({ issues, report, counters, cwd }: ReporterOptions): void {
  const problems: string[] = [];
  for (const [kind, records] of Object.entries(issues)) {
    // The keys of `issues` and of `report` are the same union.
    if (!report[kind as keyof typeof report]) continue;
    for (const issue of Object.values(records).flatMap((record) => Object.values(record))) {
      problems.push(
        `${relative(cwd, issue.filePath)}:${issue.line ?? 1} unused or undeclared (${kind}): ${issue.symbol}`,
      );
    }
  }
  const result: DeadCode = { files: counters.processed, problems };
  process.stdout.write(JSON.stringify(result));
}
