import type { Json } from "../../../base/index.ts";
import type { ForgeAnswer } from "../../forge.ts";
import { accountOf, stepOf } from "../accounts.ts";
import { badField, json, NO_CONTENT, notFound, RequestFault } from "../rest/answers.ts";
import { LONGEST_CONTENT, readInteger, readText, requireText } from "../rest/body.ts";
import { isoTime, pathId, repositoryAddress, type Handler, type HandlerContext } from "../rest/handler.ts";
import { takeId } from "../rest/ids.ts";
import { pageOf } from "../rest/page.ts";
import { tablesOf, type CommentRow, type ForgeTables } from "../tables.ts";
import { presentContent, stored } from "./present.ts";
import { addActivity, addParticipant, requirePullRequest } from "./rows.ts";

/** All comments, deleted ones as tombstones, oldest first. */
export const listComments: Handler = async (context) => {
  const { id } = await requirePullRequest(context);
  const rows = await tablesOf(context.database)
    .selectFrom("forge_comments")
    .selectAll()
    .where("repository", "=", context.repository.name)
    .where("pull_request", "=", id)
    .orderBy("id")
    .execute();
  return pageOf(
    context.call,
    context.address,
    rows.map((row) => presentComment(context, row)),
  );
};

export const getComment: Handler = async (context) => json(presentComment(context, await requireComment(context)));

export const createComment: Handler = async (context) => {
  const { call, actor, clock, repository } = context;
  const { id: pullRequest } = await requirePullRequest(context);
  const raw = requireText(call.body, "content.raw", LONGEST_CONTENT);
  const parent = readInteger(call.body, "parent.id", Number.MAX_SAFE_INTEGER) ?? null;
  if (parent !== null && (await findComment(context, pullRequest, parent))?.deleted !== 0) {
    throw badField("parent.id", `there is no comment ${parent} in this pull request`);
  }
  const now = clock.now();
  const values = {
    repository: repository.name,
    pull_request: pullRequest,
    parent,
    raw,
    ...readAnchor(context),
    author: JSON.stringify(accountOf(actor)),
    created_by_step: stepOf(actor),
    deleted: 0,
    resolved_by: null,
    resolved_on: null,
    created_on: now,
    updated_on: now,
  };
  const row = await context.database.transact<ForgeTables, CommentRow>(async (query) => {
    const id = await takeId(query, context, "last_comment");
    const created = await query
      .insertInto("forge_comments")
      .values({ ...values, id })
      .returningAll()
      .executeTakeFirstOrThrow();
    await addParticipant(query, context, pullRequest);
    await addActivity(query, context, pullRequest, { comment: presentComment(context, created) });
    return created;
  });
  return json(presentComment(context, row), 201);
};

/** A place in the diff: `to` counts the lines of the new file, `from` those of the old. */
function readAnchor({ call }: HandlerContext): Pick<CommentRow, "path" | "line_from" | "line_to"> {
  const path = readText(call.body, "inline.path", 4_096);
  const from = readInteger(call.body, "inline.from") ?? null;
  const to = readInteger(call.body, "inline.to") ?? null;
  if (path === undefined) {
    if (from !== null || to !== null) throw badField("inline.path", "is required with a line");
    return { path: null, line_from: null, line_to: null };
  }
  if (path === "" || path.startsWith("/") || path.split("/").includes("..")) {
    throw badField("inline.path", "must be a path of the repository");
  }
  return { path, line_from: from, line_to: to };
}

export const updateComment: Handler = async (context) => {
  const row = await requireComment(context);
  requireOwn(context, row);
  const raw = requireText(context.call.body, "content.raw", LONGEST_CONTENT);
  return json(presentComment(context, await change(context, row, { raw })));
};

/** What was said is gone; that something was said stays, for the replies to it. */
export const deleteComment: Handler = async (context) => {
  const row = await requireComment(context);
  requireOwn(context, row);
  await change(context, row, { raw: "", deleted: 1 });
  return NO_CONTENT;
};

export const resolveComment: Handler = async (context) => {
  const root = await requireThread(context);
  if (root.resolved_by !== null) throw new RequestFault(409, `Comment ${root.id} is resolved already`);
  const by = accountOf(context.actor);
  const changed = await change(context, root, { resolved_by: JSON.stringify(by), resolved_on: context.clock.now() });
  return json(presentResolution(changed));
};

export const reopenComment: Handler = async (context): Promise<ForgeAnswer> => {
  const root = await requireThread(context);
  if (root.resolved_by === null) throw new RequestFault(409, `Comment ${root.id} is not resolved`);
  await change(context, root, { resolved_by: null, resolved_on: null });
  return NO_CONTENT;
};

/** A person changes their own words. What a step may change was judged before, by the record of ids. */
function requireOwn({ actor }: HandlerContext, row: CommentRow): void {
  if (actor.kind === "person" && row.author !== JSON.stringify(accountOf(actor))) {
    throw new RequestFault(403, `Comment ${row.id} is not yours`);
  }
}

async function requireComment(context: HandlerContext): Promise<CommentRow> {
  const { id: pullRequest } = await requirePullRequest(context);
  const id = pathId(context, "comment_id");
  const row = await findComment(context, pullRequest, id);
  if (row === undefined || (row.deleted === 1 && context.call.operation.writes)) throw notFound(`Comment ${id}`);
  return row;
}

async function requireThread(context: HandlerContext): Promise<CommentRow> {
  const row = await requireComment(context);
  return findRoot(context, row);
}

/** The comment that a thread began with. */
export async function findRoot(context: FindContext, row: CommentRow): Promise<CommentRow> {
  let root = row;
  while (root.parent !== null) {
    const parent = await findComment(context, root.pull_request, root.parent);
    if (parent === undefined) return root;
    root = parent;
  }
  return root;
}

type FindContext = Pick<HandlerContext, "database" | "repository">;

export function findComment(
  { database, repository }: FindContext,
  pullRequest: number,
  id: number,
): Promise<CommentRow | undefined> {
  return tablesOf(database)
    .selectFrom("forge_comments")
    .selectAll()
    .where("repository", "=", repository.name)
    .where("pull_request", "=", pullRequest)
    .where("id", "=", id)
    .executeTakeFirst();
}

function change(context: HandlerContext, row: CommentRow, values: Partial<CommentRow>): Promise<CommentRow> {
  return tablesOf(context.database)
    .updateTable("forge_comments")
    .set({ ...values, updated_on: context.clock.now() })
    .where("repository", "=", context.repository.name)
    .where("id", "=", row.id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

function presentComment(context: HandlerContext, row: CommentRow): Json {
  const pullRequest = `${repositoryAddress(context)}/pullrequests/${row.pull_request}`;
  return {
    type: "pullrequest_comment",
    id: row.id,
    content: presentContent(row.raw),
    user: stored(row.author),
    deleted: row.deleted === 1,
    ...(row.parent === null ? {} : { parent: { id: row.parent } }),
    ...(row.path === null ? {} : { inline: { path: row.path, from: row.line_from, to: row.line_to } }),
    resolution: presentResolution(row),
    pullrequest: { type: "pullrequest", id: row.pull_request },
    created_on: isoTime(row.created_on),
    updated_on: isoTime(row.updated_on),
    links: { self: { href: `${pullRequest}/comments/${row.id}` } },
  };
}

function presentResolution({ resolved_by: by, resolved_on: on }: CommentRow): Json {
  if (by === null || on === null) return null;
  return { type: "comment_resolution", user: stored(by), created_on: isoTime(on) };
}
