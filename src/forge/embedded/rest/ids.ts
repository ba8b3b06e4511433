import type { Query } from "../tables.ts";
import type { HandlerContext } from "./handler.ts";

type Counter = "last_pull_request" | "last_comment" | "last_task" | "last_restriction";

/** The next id of a kind in this repository. Inside a transaction only, so that a failure gives it back. */
export async function takeId(query: Query, { repository }: HandlerContext, counter: Counter): Promise<number> {
  const row = await query
    .updateTable("forge_repositories")
    .set((columns) => ({ [counter]: columns(counter, "+", 1) }))
    .where("name", "=", repository.name)
    .returning(counter)
    .executeTakeFirstOrThrow();
  return row[counter];
}
