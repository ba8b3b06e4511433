import { recoverInterrupted, type Workplace } from "../runner/index.ts";
import type { Session } from "./command.ts";
import { stateHome } from "./home.ts";
import { openWorkplace } from "./workplace.ts";

/**
 * Opens the state directory for `work` and closes it after. Runs whose process died are closed first, so that nobody
 * reads of a run that goes on and does not.
 */
export async function withWorkplace<Result>(
  { output, environment }: Session,
  work: (workplace: Workplace) => Promise<Result>,
): Promise<Result> {
  await using workplace = await openWorkplace(stateHome(environment));
  for (const run of await recoverInterrupted(workplace)) {
    output.progress(`run ${run} was interrupted: its process is gone; its token is revoked and its ledger closed`);
  }
  return await work(workplace);
}
