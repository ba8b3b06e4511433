import { isObject } from "../../policy/index.ts";
import type { Arguments } from "../arguments.ts";
import type { Session } from "../command.ts";
import { withForgePerson } from "../forge-person.ts";
import { readNumber } from "../read-choice.ts";
import { renderPullRequest } from "../view/render-pull-request.ts";

/** `sallyport pr show N`: as JSON, Bitbucket's own with the members `comments` and `tasks` added. */
export async function prShow(args: Arguments, session: Session): Promise<number> {
  const pullRequestId = readNumber("N", args.positionals[0] ?? "");
  return await withForgePerson(args, session, async (person) => {
    const one = await person.ask("pullrequests.get", { pullRequestId });
    const comments = await person.list("comments.list", { pullRequestId });
    const tasks = await person.list("tasks.list", { pullRequestId });
    if (args.flag("json")) session.output.document({ ...(isObject(one) ? one : {}), comments, tasks });
    else for (const line of renderPullRequest(one, comments, tasks)) session.output.line(line);
  });
}
