import process from "node:process";
import { text } from "node:stream/consumers";
import { inert, SallyportError } from "../../base/index.ts";
import type { Arguments } from "../arguments.ts";
import type { Session } from "../command.ts";
import { withForgePerson } from "../forge-person.ts";
import { readNumber } from "../read-choice.ts";
import { textAt } from "../view/render-pull-request.ts";

/** `sallyport pr comment N TEXT`. */
export async function prComment(args: Arguments, session: Session): Promise<number> {
  const [number = "", written = ""] = args.positionals;
  const pullRequestId = readNumber("N", number);
  const content = written === "-" ? await text(process.stdin) : written;
  if (content.trim() === "") throw new SallyportError("usage", "the comment is empty; nothing was posted.");
  return await withForgePerson(args, session, async (person) => {
    const answer = await person.ask("comments.create", { pullRequestId, content });
    if (args.flag("json")) session.output.document(answer);
    else session.output.line(inert(`comment ${textAt(answer, "id")} on #${pullRequestId}`));
  });
}
