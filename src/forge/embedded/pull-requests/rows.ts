import type { Json } from "../../../base/index.ts";
import { accountOf } from "../accounts.ts";
import { createRefWrites } from "../ref-writes.ts";
import { notFound } from "../rest/answers.ts";
import { pathId, type HandlerContext } from "../rest/handler.ts";
import { tablesOf, type ForgeTables, type ParticipantRow, type PullRequestRow, type Query } from "../tables.ts";

/** The pull request that the path names. */
export async function requirePullRequest(context: HandlerContext): Promise<PullRequestRow> {
  const id = pathId(context, "pull_request_id");
  const row = await tablesOf(context.database)
    .selectFrom("forge_pull_requests")
    .selectAll()
    .where("repository", "=", context.repository.name)
    .where("id", "=", id)
    .executeTakeFirst();
  if (row === undefined) throw notFound(`Pull request ${id}`);
  return row;
}

export function readParticipants(
  { database, repository }: HandlerContext,
  id: number,
): Promise<readonly ParticipantRow[]> {
  return tablesOf(database)
    .selectFrom("forge_participants")
    .selectAll()
    .where("repository", "=", repository.name)
    .where("pull_request", "=", id)
    .orderBy("participated_on")
    .orderBy("uuid")
    .execute();
}

/** Where the branches of a pull request stand: live while it is open, as they were once it is closed. */
export type Tips = { readonly source: string; readonly destination: string };

export async function readTips({ objects }: HandlerContext, row: PullRequestRow): Promise<Tips> {
  if (row.state !== "OPEN") return { source: row.source_commit, destination: row.destination_commit };
  const [source, destination] = await Promise.all([
    objects.tip(`refs/heads/${row.source}`),
    objects.tip(`refs/heads/${row.destination}`),
  ]);
  return { source: source ?? row.source_commit, destination: destination ?? row.destination_commit };
}

/** Whether a step moved the source branch to where it stands. */
export async function isSourceOfStep(
  { database, clock, repository }: HandlerContext,
  row: PullRequestRow,
  { source }: Tips,
): Promise<boolean> {
  const writes = createRefWrites(database, clock);
  return (await writes.runThatWrote(repository.name, `refs/heads/${row.source}`, source)) !== null;
}

/** Adds an entry to the activity, `{update: …}`, `{comment: …}` or `{approval: …}`. Inside the transaction of what it tells. */
export async function addActivity(
  query: Query,
  { repository }: HandlerContext,
  pullRequest: number,
  entry: Json,
): Promise<void> {
  const last = await query
    .selectFrom("forge_activity")
    .select("sequence")
    .where("repository", "=", repository.name)
    .where("pull_request", "=", pullRequest)
    .orderBy("sequence", "desc")
    .limit(1)
    .executeTakeFirst();
  await query
    .insertInto("forge_activity")
    .values({
      repository: repository.name,
      pull_request: pullRequest,
      sequence: (last?.sequence ?? 0) + 1,
      entry: JSON.stringify(entry),
    })
    .execute();
}

/** Makes the actor a participant, keeping the role and review of one who is there already. */
export async function addParticipant(query: Query, context: HandlerContext, pullRequest: number): Promise<void> {
  const account = accountOf(context.actor);
  await query
    .insertInto("forge_participants")
    .values({
      repository: context.repository.name,
      pull_request: pullRequest,
      uuid: account.uuid,
      account: JSON.stringify(account),
      role: "PARTICIPANT",
      state: null,
      reviewed_commit: null,
      participated_on: context.clock.now(),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Changes a pull request, and what `also` does, only if it is still open; null when somebody closed it meanwhile. */
export async function updateOpen(
  context: HandlerContext,
  id: number,
  values: Partial<Omit<PullRequestRow, "repository" | "id">>,
  entry: Json,
  also: (query: Query) => Promise<void> = async () => undefined,
): Promise<PullRequestRow | null> {
  return context.database.transact<ForgeTables, PullRequestRow | null>(async (query) => {
    const row = await query
      .updateTable("forge_pull_requests")
      .set({ ...values, updated_on: context.clock.now() })
      .where("repository", "=", context.repository.name)
      .where("id", "=", id)
      .where("state", "=", "OPEN")
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) return null;
    await addActivity(query, context, id, entry);
    await also(query);
    return row;
  });
}
