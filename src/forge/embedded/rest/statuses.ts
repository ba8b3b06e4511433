import type { Json } from "../../../base/index.ts";
import type { ForgeAnswer } from "../../forge.ts";
import { accountOf } from "../accounts.ts";
import { tablesOf, type StatusRow } from "../tables.ts";
import { badField, json, notFound } from "./answers.ts";
import { readChoice, readText, requireText } from "./body.ts";
import { isoTime, repositoryAddress, type Handler, type HandlerContext } from "./handler.ts";
import { pageOf } from "./page.ts";
import { requireCommit } from "./repository.ts";

const STATES = ["SUCCESSFUL", "FAILED", "INPROGRESS", "STOPPED"] as const;
const LONGEST_KEY = 40;

export const listStatuses: Handler = async (context) => statusesAnswer(context, await requireCommit(context));

/** One page of the build statuses of a commit. */
export async function statusesAnswer(context: HandlerContext, commit: string): Promise<ForgeAnswer> {
  const rows = await readStatuses(context, commit);
  return pageOf(
    context.call,
    context.address,
    rows.map((row) => presentStatus(context, row)),
  );
}

export function readStatuses({ database, repository }: HandlerContext, commit: string): Promise<readonly StatusRow[]> {
  return tablesOf(database)
    .selectFrom("forge_statuses")
    .selectAll()
    .where("repository", "=", repository.name)
    .where("commit_id", "=", commit)
    .orderBy("created_on")
    .orderBy("build_key")
    .execute();
}

/** Creates a status, or replaces the one of the same key, as Bitbucket does. */
export const createStatus: Handler = async (context) => {
  const { call } = context;
  const key = requireText(call.body, "key", LONGEST_KEY);
  const state = readChoice(call.body, "state", STATES);
  if (state === undefined) throw badField("state", "is required");
  return json(presentStatus(context, await putStatus(context, await requireCommit(context), key, state)), 201);
};

export const updateStatus: Handler = async (context) => {
  const commit = await requireCommit(context);
  const key = context.call.path["key"] ?? "";
  const known = (await readStatuses(context, commit)).find((row) => row.build_key === key);
  if (known === undefined) throw notFound(`Build status ${key}`);
  return json(presentStatus(context, await putStatus(context, commit, key, known.state, known)));
};

async function putStatus(
  context: HandlerContext,
  commit: string,
  key: string,
  state: string,
  known?: StatusRow,
): Promise<StatusRow> {
  const { call, clock, database, repository, actor } = context;
  const values = {
    state: readChoice(call.body, "state", STATES) ?? state,
    name: readText(call.body, "name", 255) ?? known?.name ?? key,
    description: readText(call.body, "description", 255) ?? known?.description ?? "",
    url: readText(call.body, "url", 2_000) ?? known?.url ?? "",
    refname: readText(call.body, "refname", 1_000) ?? known?.refname ?? null,
    author: JSON.stringify(accountOf(actor)),
    updated_on: clock.now(),
  };
  const identity = {
    repository: repository.name,
    commit_id: commit,
    build_key: key,
    uuid: `{${crypto.randomUUID()}}`,
    created_on: clock.now(),
  };
  return tablesOf(database)
    .insertInto("forge_statuses")
    .values({ ...identity, ...values })
    .onConflict((conflict) => conflict.columns(["repository", "commit_id", "build_key"]).doUpdateSet(values))
    .returningAll()
    .executeTakeFirstOrThrow();
}

function presentStatus(context: HandlerContext, row: StatusRow): Json {
  const commit = `${repositoryAddress(context)}/commit/${row.commit_id}`;
  return {
    type: "build",
    key: row.build_key,
    uuid: row.uuid,
    state: row.state,
    name: row.name,
    description: row.description,
    url: row.url,
    refname: row.refname,
    commit: { type: "commit", hash: row.commit_id },
    created_on: isoTime(row.created_on),
    updated_on: isoTime(row.updated_on),
    links: {
      self: { href: `${commit}/statuses/build/${encodeURIComponent(row.build_key)}` },
      commit: { href: commit },
    },
  };
}
