import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { isProcessAlive, SallyportError } from "../../base/index.ts";
import type { Arguments } from "../arguments.ts";
import type { Session } from "../command.ts";
import { withWorkplace } from "../with-workplace.ts";

/** Milliseconds. */
const INTERVAL = 100;
const LONGEST = 60_000;

/** `sallyport cancel RUN`: asks the process that walks the run to stop, and waits until the run has ended. */
export async function cancel(args: Arguments, session: Session): Promise<number> {
  return await withWorkplace(session, async ({ runs }) => {
    const { id } = await runs.find(args.positionals[0] ?? "");
    const owner = await runs.requestCancel(id);
    if (owner === null) {
      const { state } = await runs.get(id);
      throw new SallyportError("usage", `run ${id} has ended already: ${state}.`);
    }
    // Checked with its start time: another process may have the number by now.
    if (isProcessAlive(owner)) process.kill(owner.pid, "SIGINT");
    for (let waited = 0; waited < LONGEST; waited += INTERVAL) {
      const { endedAt, state } = await runs.get(id);
      if (endedAt !== null) {
        session.output.line(`run ${id} has ended: ${state}`);
        return 0;
      }
      if (!isProcessAlive(owner)) await runs.markInterrupted(id);
      await sleep(INTERVAL);
    }
    throw new SallyportError("machine-fault", `run ${id} was asked to stop and has not; its process is ${owner.pid}.`);
  });
}
