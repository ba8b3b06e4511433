import { inert, SallyportError } from "../../base/index.ts";
import type { Arguments } from "../arguments.ts";
import type { Session } from "../command.ts";
import { withForgePerson } from "../forge-person.ts";
import { renderPullRequestLine } from "../view/render-pull-request.ts";

/** `sallyport pr create`: brings the clone's branches into the forge, then opens the pull request. */
export async function prCreate(args: Arguments, session: Session): Promise<number> {
  const sourceBranch = needed(args, "source");
  const title = needed(args, "title");
  return await withForgePerson(args, session, async (person) => {
    const { diverged } = await person.importClone();
    for (const ref of diverged.filter((ref) => ref === `refs/heads/${sourceBranch}`)) {
      session.output.progress(inert(`note: ${ref} has moved in the clone and in the forge; the forge's stays`));
    }
    const answer = await person.ask("pullrequests.create", {
      title,
      sourceBranch,
      destinationBranch: args.text("destination") ?? undefined,
      description: args.text("description") ?? undefined,
    });
    if (args.flag("json")) session.output.document(answer);
    else session.output.line(`opened ${renderPullRequestLine(answer)}`);
  });
}

function needed(args: Arguments, name: string): string {
  const value = args.text(name);
  if (value === null || value === "") throw new SallyportError("usage", `pr create needs --${name}.`);
  return value;
}
