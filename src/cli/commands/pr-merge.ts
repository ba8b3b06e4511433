import { inert } from "../../base/index.ts";
import type { Arguments } from "../arguments.ts";
import type { Session } from "../command.ts";
import { withForgePerson } from "../forge-person.ts";
import { readChoice, readNumber } from "../read-choice.ts";
import { textAt } from "../view/render-pull-request.ts";

const STRATEGIES = ["merge_commit", "squash", "fast_forward"] as const;

/** `sallyport pr merge N`: the forge's merge checks bind a person too. */
export async function prMerge(args: Arguments, session: Session): Promise<number> {
  const pullRequestId = readNumber("N", args.positionals[0] ?? "");
  const strategy = readChoice("--strategy", args.text("strategy") ?? "merge_commit", STRATEGIES);
  return await withForgePerson(args, session, async (person) => {
    const answer = await person.ask("pullrequests.merge", { pullRequestId }, { merge_strategy: strategy });
    if (args.flag("json")) session.output.document(answer);
    else session.output.line(inert(`merged #${pullRequestId} as ${textAt(answer, "merge_commit.hash").slice(0, 12)}`));
  });
}
