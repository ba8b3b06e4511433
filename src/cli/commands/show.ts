import process from "node:process";
import type { Arguments } from "../arguments.ts";
import type { Session } from "../command.ts";
import { readRunRecord, type RunRecord } from "../run-record.ts";
import { formatLine } from "../view/line.ts";
import { renderRunRecord } from "../view/render-run-record.ts";
import { wantsColour } from "../view/wants-colour.ts";
import { withWorkplace } from "../with-workplace.ts";
import { toJsonRun } from "./runs.ts";

/** `sallyport show RUN`: its steps, and each operation that was allowed or denied. */
export async function show(args: Arguments, session: Session): Promise<number> {
  const { output, environment } = session;
  return await withWorkplace(session, async (workplace) => {
    const record = await readRunRecord(workplace, args.positionals[0] ?? "");
    const colour = wantsColour(process.stdout, environment);
    if (args.flag("json")) output.document(toJsonRecord(record));
    else for (const line of renderRunRecord(record)) output.line(formatLine(line, colour));
    return 0;
  });
}

function toJsonRecord({ run, steps, ledger }: RunRecord): unknown {
  const verified = ledger.ok
    ? { verified: true, entries: ledger.entries }
    : { verified: false, entries: ledger.head.seq, line: ledger.line, reason: ledger.reason };
  return { ...toJsonRun(run), steps: steps.map(({ run: _run, ...step }) => step), ledger: verified };
}
