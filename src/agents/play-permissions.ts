import { judgeCommand, type BashPermissions, type CommandVerdict } from "../policy/index.ts";
import type { Play, PlayStep } from "./script/play.ts";

/** A shell entry that the rules do not let run, and why. */
export type RefusedEntry = { readonly command: string; readonly verdict: CommandVerdict };

/**
 * The first shell entry of a play, however deep, that the agent's bash rules do not allow, or null. Nobody sits beside a
 * play, so that `ask` is a denial (reference, section 4). What a step saved is an expansion here, as it is in the shell.
 */
export async function refusedEntry({ steps }: Play, bash: BashPermissions): Promise<RefusedEntry | null> {
  for (const command of steps.flatMap(shellEntries)) {
    const text = command.replaceAll(/\$\{saved\.([a-z][a-z0-9_]*)\}/gu, "$${SAVED_$1}");
    const verdict = await judgeCommand(bash, text);
    if (verdict.permission !== "allow") return { command, verdict };
  }
  return null;
}

function shellEntries(step: PlayStep): readonly string[] {
  if ("shell" in step) return [step.shell];
  return "when" in step ? step.steps.flatMap(shellEntries) : [];
}
