import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { inert, SallyportError } from "../../base/index.ts";
import { verifyLedger, verifyLedgerFile, type Verification } from "../../ledger/index.ts";
import type { Run } from "../../runs/index.ts";
import type { Arguments } from "../arguments.ts";
import type { Session } from "../command.ts";
import { withWorkplace } from "../with-workplace.ts";
import type { Workplace } from "../../runner/index.ts";

/** `sallyport audit verify [RUN|FILE]`: 0 when every ledger holds, 1 with the first fault of each that does not. */
export async function auditVerify(args: Arguments, session: Session): Promise<number> {
  const [text] = args.positionals;
  if (text !== undefined && !/^[0-9a-f]{4,8}$/.test(text)) return await verifyFile(text, session);
  return await withWorkplace(session, async (workplace) => {
    const found =
      text === undefined
        ? await workplace.runs.list({ limit: Number.MAX_SAFE_INTEGER })
        : [await workplace.runs.find(text)];
    if (found.length === 0) session.output.line("no run yet, so no ledger");
    let faults = 0;
    for (const run of found) if (!(await verifyRun(workplace, run, session))) faults += 1;
    return faults === 0 ? 0 : 1;
  });
}

async function verifyFile(file: string, { output, directory }: Session): Promise<number> {
  const path = resolve(directory, file);
  if (!existsSync(path)) throw new SallyportError("not-found", `there is no run and no file ${file}.`);
  const verification = await verifyLedgerFile(path);
  output.line(renderVerification(`ledger file ${file}`, verification));
  return verification.ok ? 0 : 1;
}

async function verifyRun({ home, database }: Workplace, { id, endedAt }: Run, { output }: Session): Promise<boolean> {
  const verification = await verifyLedger({ home, database, run: id });
  // The last line of a run that goes on may be half written at this moment.
  const ok = verification.ok || (verification.reason === "torn" && endedAt === null);
  output.line(
    ok && !verification.ok
      ? `ledger of run ${id}: ${verification.head.seq} entries, verified; the run goes on`
      : renderVerification(`ledger of run ${id}`, verification),
  );
  return ok;
}

/** `ledger of run X: N entries, verified`, or the first fault with its line. */
export function renderVerification(what: string, verification: Verification): string {
  if (verification.ok) return inert(`${what}: ${verification.entries} entries, verified`);
  const { line, reason, detail } = verification;
  return inert(`${what}: line ${line}, ${reason}: ${detail}`);
}
