import type { Arguments } from "../arguments.ts";
import type { Session } from "../command.ts";
import { withForgePerson } from "../forge-person.ts";
import { readChoice } from "../read-choice.ts";
import { renderPullRequests } from "../view/render-pull-request.ts";

const STATES = ["OPEN", "MERGED", "DECLINED", "SUPERSEDED"] as const;

/** `sallyport pr list`. */
export async function prList(args: Arguments, session: Session): Promise<number> {
  const state = readChoice("--state", (args.text("state") ?? "OPEN").toUpperCase(), STATES);
  return await withForgePerson(args, session, async (person) => {
    const all = await person.list("pullrequests.list", { state });
    if (args.flag("json")) session.output.document(all);
    else for (const line of renderPullRequests(all)) session.output.line(line);
  });
}
