import type { Decision, Denial } from "../../policy/index.ts";
import type { Actor, JudgeRefUpdate } from "../forge.ts";
import type { Git } from "./git/git-process.ts";
import { createGitObjects } from "./git/git-objects.ts";
import { isBranchName, isRefName } from "./git/ref-name.ts";
import type { PushRequest, Verdict } from "./hook-dialogue.ts";
import { quarantineEnvironment } from "./quarantine.ts";
import { describeRefUpdate } from "./ref-updates.ts";
import type { RefWrites } from "./ref-writes.ts";
import type { Restrictions } from "./restrictions.ts";

export type PushJudgement = {
  readonly git: Git;
  readonly gitDirectory: string;
  readonly repository: string;
  readonly actor: Actor;
  readonly judge: JudgeRefUpdate;
  readonly trustedCommit: string;
  readonly restrictions: Restrictions;
  readonly refWrites: RefWrites;
};

/**
 * Judges a push ref by ref, in its order; the first refusal refuses all of it. An allowed push is on record as written by
 * this actor before any ref moves, so that no crash in between makes a step's ref look like a person's (attack 41).
 */
export async function judgePush(parts: PushJudgement, { quarantine, commands }: PushRequest): Promise<Verdict> {
  const environment = quarantine === null ? {} : await quarantineEnvironment(parts.gitDirectory, quarantine);
  if (environment === null) return refuse("the objects do not wait where git keeps them", "push again");
  using objects = createGitObjects(parts.git, parts.gitDirectory, environment);
  for (const command of commands) {
    const branch = /^refs\/heads\/(?<name>.+)$/u.exec(command.ref)?.groups?.["name"];
    if (!isRefName(command.ref) || (branch !== undefined && !isBranchName(branch) && command.to !== null)) {
      return refuse("git would not take the ref's name", "choose another name");
    }
    const update = await describeRefUpdate(objects, command, parts.trustedCommit);
    if (update === null) return refuse(`${command.ref} would not lead to a commit`, "push a commit");
    const decision = await parts.judge(update);
    if (!decision.allow) return denied(decision);
    const restricted = await parts.restrictions.checkUpdate(parts.repository, update, parts.actor);
    if (!restricted.allow) return denied(restricted);
  }
  await parts.refWrites.record(parts.repository, commands, parts.actor);
  return { allow: true };
}

function denied(decision: Extract<Decision, { allow: false }>): Verdict {
  return {
    allow: false,
    message: [`sallyport: refused by ${decision.gate}: ${decision.reason}`, ...whatToDo(decision)],
  };
}

function whatToDo({ needs }: Denial): readonly string[] {
  return needs.change === undefined ? [] : [`sallyport: to change that: ${needs.change}`];
}

function refuse(reason: string, change: string): Verdict {
  return { allow: false, message: [`sallyport: refused: ${reason}`, `sallyport: to change that: ${change}`] };
}
