import { exportLedger } from "../../ledger/index.ts";
import type { Arguments } from "../arguments.ts";
import type { Session } from "../command.ts";
import { withWorkplace } from "../with-workplace.ts";

/** `sallyport audit export RUN`: the stored bytes, so that the file verifies elsewhere. */
export async function auditExport(args: Arguments, session: Session): Promise<number> {
  const { output } = session;
  return await withWorkplace(session, async ({ home, runs }) => {
    const { id } = await runs.find(args.positionals[0] ?? "");
    for await (const line of exportLedger({ home, run: id })) {
      if (output.closed) break;
      output.raw(`${line}\n`);
    }
    return 0;
  });
}
