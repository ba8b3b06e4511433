import type { Run } from "../../runs/index.ts";
import type { Arguments } from "../arguments.ts";
import type { Session } from "../command.ts";
import { formatSeconds } from "../view/durations.ts";
import { renderTable } from "../view/render-table.ts";
import { withWorkplace } from "../with-workplace.ts";
import { formatTime } from "../view/format-time.ts";

/** `sallyport runs`: newest first. */
export async function runs(args: Arguments, session: Session): Promise<number> {
  return await withWorkplace(session, async (workplace) => {
    const found = await workplace.runs.list();
    if (args.flag("json")) session.output.document(found.map(toJsonRun));
    else for (const line of renderRuns(found)) session.output.line(line);
    return 0;
  });
}

/** A table of runs; one line when there is none. */
export function renderRuns(found: readonly Run[]): readonly string[] {
  if (found.length === 0) return ["no run yet"];
  return renderTable(
    ["run", "state", "pipeline", "repository", "started", "took"],
    found.map(({ id, state, selector, repository, createdAt, endedAt }) => [
      id,
      state,
      selector,
      repository,
      formatTime(createdAt),
      endedAt === null ? "" : formatSeconds((endedAt - createdAt) / 1_000),
    ]),
  );
}

/** A run as scripts see it: without the process that walks it. */
export function toJsonRun({ owner: _owner, ...run }: Run): Omit<Run, "owner"> {
  return run;
}
