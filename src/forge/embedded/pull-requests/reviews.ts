import type { Json } from "../../../base/index.ts";
import type { ForgeAnswer } from "../../forge.ts";
import { accountOf } from "../accounts.ts";
import { json, NO_CONTENT, notFound, RequestFault } from "../rest/answers.ts";
import { isoTime, type Handler, type HandlerContext } from "../rest/handler.ts";
import type { ForgeTables, ParticipantRow } from "../tables.ts";
import { presentParticipant } from "./present.ts";
import { addActivity, readTips, requirePullRequest } from "./rows.ts";

type Review = "approved" | "changes_requested";

export const approve: Handler = (context) => review(context, "approved");
export const requestChanges: Handler = (context) => review(context, "changes_requested");
export const withdrawApproval: Handler = (context) => withdraw(context, "approved");
export const withdrawRequest: Handler = (context) => withdraw(context, "changes_requested");

async function review(context: HandlerContext, state: Review): Promise<ForgeAnswer> {
  const row = await requirePullRequest(context);
  if (row.state !== "OPEN") throw new RequestFault(409, `Pull request ${row.id} is ${row.state.toLowerCase()}`);
  const account = accountOf(context.actor);
  const { source } = await readTips(context, row);
  const values = { state, reviewed_commit: source, participated_on: context.clock.now() };
  const participant = await context.database.transact<ForgeTables, ParticipantRow>(async (query) => {
    await addActivity(query, context, row.id, entryOf(state, account, values.participated_on));
    return query
      .insertInto("forge_participants")
      .values({
        repository: context.repository.name,
        pull_request: row.id,
        uuid: account.uuid,
        account: JSON.stringify(account),
        role: "PARTICIPANT",
        ...values,
      })
      .onConflict((conflict) => conflict.columns(["repository", "pull_request", "uuid"]).doUpdateSet(values))
      .returningAll()
      .executeTakeFirstOrThrow();
  });
  return json(presentParticipant(participant, source));
}

function entryOf(state: Review, user: Json, date: number): Json {
  const entry = { user, date: isoTime(date) };
  return state === "approved" ? { approval: entry } : { changes_requested: entry };
}

async function withdraw(context: HandlerContext, state: Review): Promise<ForgeAnswer> {
  const row = await requirePullRequest(context);
  const found = await context.database.transact<ForgeTables, bigint>(async (query) => {
    const result = await query
      .updateTable("forge_participants")
      .set({ state: null, reviewed_commit: null })
      .where("repository", "=", context.repository.name)
      .where("pull_request", "=", row.id)
      .where("uuid", "=", accountOf(context.actor).uuid)
      .where("state", "=", state)
      .executeTakeFirst();
    return result.numUpdatedRows;
  });
  if (found === 0n) throw notFound("Your review");
  return NO_CONTENT;
}
