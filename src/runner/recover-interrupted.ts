import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { openLedger } from "../ledger/index.ts";
import { removeTree } from "./remove-tree.ts";
import type { Workplace } from "./workplace.ts";

/**
 * Ends what a killed process left: kills and removes its boxes and their workspaces, revokes its tokens, says so in its ledger, and marks its
 * runs as interrupted. Called at the start of every command; safe in two processes at once. Returns the runs' ids.
 */
export async function recoverInterrupted(
  workplace: Pick<Workplace, "home" | "database" | "clock" | "runs" | "tokens" | "boxes">,
): Promise<readonly string[]> {
  const { runs, tokens, boxes, home, database, clock } = workplace;
  const ended: string[] = [];
  for (const { id: run } of await runs.findInterrupted()) {
    await boxes.sweep([run]);
    await tokens.revokeRun(run);
    if (!(await runs.markInterrupted(run))) continue;
    await removeWorkspaces(runs.folder(run));
    await using ledger = await openLedger({ home, database, run, clock });
    await ledger.append({ type: "run.interrupted", reason: "the process that ran it is gone" }, { durable: true });
    ended.push(run);
  }
  return ended;
}

/** Logs and artifacts of a run are files beside its steps' folders, and stay. */
async function removeWorkspaces(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory() && /^step-\d+/u.test(entry.name)) await removeTree(join(folder, entry.name));
  }
}
