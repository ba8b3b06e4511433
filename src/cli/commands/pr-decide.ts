import { inert } from "../../base/index.ts";
import type { CommandBody } from "../command.ts";
import { withForgePerson } from "../forge-person.ts";
import { readNumber } from "../read-choice.ts";

/** What a person can decide about a pull request and a step never can (design, rule 9). */
const DECISIONS = {
  approve: { operation: "pullrequests.approve", done: "approved" },
  "request-changes": { operation: "pullrequests.requestChanges", done: "asked for changes to" },
  decline: { operation: "pullrequests.decline", done: "declined" },
} as const;

/** `sallyport pr approve N`, `pr request-changes N`, `pr decline N`. */
export function prDecide(verb: keyof typeof DECISIONS): CommandBody {
  const { operation, done } = DECISIONS[verb];
  return async (args, session) => {
    const pullRequestId = readNumber("N", args.positionals[0] ?? "");
    return await withForgePerson(args, session, async (person) => {
      const answer = await person.ask(operation, { pullRequestId });
      if (args.flag("json")) session.output.document(answer);
      else session.output.line(inert(`${person.name} ${done} #${pullRequestId}`));
    });
  };
}
