import type { Json } from "../../../base/index.ts";
import type { JsonObject } from "../../../policy/index.ts";
import { accountOf, stepOf } from "../accounts.ts";
import { badField, json, RequestFault } from "../rest/answers.ts";
import { LONGEST_CONTENT, readBoolean, readObjects, readText, requireText } from "../rest/body.ts";
import { readPerson } from "../rest/branch-restrictions.ts";
import { isoTime, type Handler, type HandlerContext } from "../rest/handler.ts";
import { takeId } from "../rest/ids.ts";
import { pageAnswer, readPage } from "../rest/page.ts";
import { isBranchName } from "../git/ref-name.ts";
import { tablesOf, type ForgeTables, type PullRequestRow, type PullRequestState, type Query } from "../tables.ts";
import { presentListed, presentPullRequest } from "./present.ts";
import { addActivity, readTips, requirePullRequest, updateOpen } from "./rows.ts";

const LONGEST_TITLE = 255;
const STATES: readonly PullRequestState[] = ["OPEN", "MERGED", "DECLINED", "SUPERSEDED"];

export const getPullRequest: Handler = async (context) =>
  json(await presentPullRequest(context, await requirePullRequest(context)));

/** Open ones, or those of the states that the query names; newest first. */
export const listPullRequests: Handler = async (context) => {
  const page = readPage(context.call);
  const states = readStates(context.call.query["state"]);
  const matching = tablesOf(context.database)
    .selectFrom("forge_pull_requests")
    .where("repository", "=", context.repository.name)
    .where("state", "in", states);
  const [{ count }, rows] = await Promise.all([
    matching.select((columns) => columns.fn.countAll<number>().as("count")).executeTakeFirstOrThrow(),
    matching.selectAll().orderBy("id", "desc").limit(page.pagelen).offset(page.offset).execute(),
  ]);
  const values = await Promise.all(rows.map((row) => presentListed(context, row)));
  return pageAnswer(context.call, context.address, page, values, count);
};

function readStates(query: string | undefined): PullRequestState[] {
  if (query === undefined || query === "") return ["OPEN"];
  return query.split(",").map((name) => {
    const state = STATES.find((candidate) => candidate === name.trim().toUpperCase());
    if (state === undefined) throw badField("state", `must be one of ${STATES.join(", ")}`);
    return state;
  });
}

export const createPullRequest: Handler = async (context) => {
  const { call, actor, clock, objects, repository } = context;
  const title = requireText(call.body, "title", LONGEST_TITLE);
  const description = readDescription(call.body) ?? "";
  const source = requireText(call.body, "source.branch.name", 1_000);
  const destination = readText(call.body, "destination.branch.name", 1_000) ?? (await objects.defaultBranch());
  const tips = await requireTips(context, source, destination);
  const now = clock.now();
  const values = {
    title,
    description,
    state: "OPEN",
    draft: readBoolean(call.body, "draft") === true ? 1 : 0,
    source,
    destination,
    ...tips,
    merge_commit: null,
    close_source_branch: readBoolean(call.body, "close_source_branch") === true ? 1 : 0,
    reason: "",
    author: JSON.stringify(accountOf(actor)),
    created_by_step: stepOf(actor),
    closed_by: null,
    created_on: now,
    updated_on: now,
  } as const;
  const row = await context.database.transact<ForgeTables, PullRequestRow>(async (query) => {
    await refuseSecond(query, context, source, destination);
    const id = await takeId(query, context, "last_pull_request");
    const created = await query
      .insertInto("forge_pull_requests")
      .values({ repository: repository.name, id, ...values })
      .returningAll()
      .executeTakeFirstOrThrow();
    await putReviewers(query, context, id);
    await addActivity(query, context, id, updateEntry(context, { state: "OPEN", title }));
    return created;
  });
  return json(await presentPullRequest(context, row), 201);
};

function readDescription(body: JsonObject | null): string | undefined {
  return readText(body, "description", LONGEST_CONTENT) ?? readText(body, "summary.raw", LONGEST_CONTENT);
}

async function requireTips(
  { objects }: HandlerContext,
  source: string,
  destination: string,
): Promise<Pick<PullRequestRow, "source_commit" | "destination_commit">> {
  const branches: Record<string, string> = {};
  for (const [side, name] of Object.entries({ source, destination })) {
    const tip = isBranchName(name) ? await objects.resolve(`refs/heads/${name}`) : null;
    if (tip === null) throw badField(`${side}.branch.name`, `there is no branch ${name.slice(0, 100)}`);
    branches[side] = tip;
  }
  const { source: sourceCommit = "", destination: destinationCommit = "" } = branches;
  if (source === destination) throw badField("destination.branch.name", "source and destination are the same branch");
  if (await objects.isAncestor(sourceCommit, destinationCommit)) {
    throw badField("source.branch.name", "there are no changes to be pulled");
  }
  return { source_commit: sourceCommit, destination_commit: destinationCommit };
}

async function refuseSecond(
  query: Query,
  { repository }: HandlerContext,
  source: string,
  destination: string,
): Promise<void> {
  const open = await query
    .selectFrom("forge_pull_requests")
    .select("id")
    .where("repository", "=", repository.name)
    .where("state", "=", "OPEN")
    .where("source", "=", source)
    .where("destination", "=", destination)
    .executeTakeFirst();
  if (open !== undefined) {
    throw new RequestFault(409, `Pull request ${open.id} is open for these branches already; update that one`);
  }
}

/** A step names no reviewers; the route lets none through, and this reads none from one. */
async function putReviewers(query: Query, context: HandlerContext, pullRequest: number): Promise<void> {
  const reviewers = context.actor.kind === "step" ? undefined : readObjects(context.call.body, "reviewers");
  if (reviewers === undefined) return;
  const accounts = reviewers.map(readPerson);
  await query
    .updateTable("forge_participants")
    .set({ role: "PARTICIPANT" })
    .where("repository", "=", context.repository.name)
    .where("pull_request", "=", pullRequest)
    .execute();
  for (const account of accounts) {
    await query
      .insertInto("forge_participants")
      .values({
        repository: context.repository.name,
        pull_request: pullRequest,
        uuid: account.uuid,
        account: JSON.stringify(account),
        role: "REVIEWER",
        state: null,
        reviewed_commit: null,
        participated_on: context.clock.now(),
      })
      .onConflict((conflict) =>
        conflict.columns(["repository", "pull_request", "uuid"]).doUpdateSet({ role: "REVIEWER" }),
      )
      .execute();
  }
}

export const updatePullRequest: Handler = async (context) => {
  const row = await requirePullRequest(context);
  const { body } = context.call;
  const title = body?.["title"] === undefined ? row.title : requireText(body, "title", LONGEST_TITLE);
  const description = readDescription(body) ?? row.description;
  const moved = context.actor.kind === "person" ? await readDestination(context, row) : null;
  const changed = await updateOpen(
    context,
    row.id,
    { title, description, ...moved },
    updateEntry(context, { state: row.state, title }),
    async (query) => {
      await putReviewers(query, context, row.id);
      // What was approved was a merge into the old destination.
      if (moved !== null) await forgetReviews(query, context, row.id);
    },
  );
  if (changed === null) throw new RequestFault(400, "Only an open pull request can be updated");
  return json(await presentPullRequest(context, changed));
};

async function readDestination(
  context: HandlerContext,
  row: PullRequestRow,
): Promise<Pick<PullRequestRow, "destination" | "destination_commit"> | null> {
  const destination = readText(context.call.body, "destination.branch.name", 1_000);
  if (destination === undefined || destination === row.destination) return null;
  const tips = await requireTips(context, row.source, destination);
  return { destination, destination_commit: tips.destination_commit };
}

async function forgetReviews(query: Query, { repository }: HandlerContext, id: number): Promise<void> {
  await query
    .updateTable("forge_participants")
    .set({ state: null, reviewed_commit: null })
    .where("repository", "=", repository.name)
    .where("pull_request", "=", id)
    .execute();
}

export const declinePullRequest: Handler = async (context) => {
  const row = await requirePullRequest(context);
  const tips = await readTips(context, row);
  const declined = await updateOpen(
    context,
    row.id,
    {
      state: "DECLINED",
      source_commit: tips.source,
      destination_commit: tips.destination,
      closed_by: JSON.stringify(accountOf(context.actor)),
      reason: readText(context.call.body, "reason", LONGEST_CONTENT) ?? "",
    },
    updateEntry(context, { state: "DECLINED", title: row.title }),
  );
  if (declined === null) throw new RequestFault(409, `Pull request ${row.id} is ${row.state.toLowerCase()} already`);
  return json(await presentPullRequest(context, declined));
};

/** An entry of the activity that tells of a change. */
export function updateEntry(
  { actor, clock }: HandlerContext,
  { state, title }: { readonly state: PullRequestState; readonly title: string },
): Json {
  return { update: { state, title, author: accountOf(actor), date: isoTime(clock.now()) } };
}
