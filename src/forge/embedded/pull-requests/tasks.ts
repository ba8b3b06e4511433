import type { Json } from "../../../base/index.ts";
import { accountOf, stepOf } from "../accounts.ts";
import { badField, json, NO_CONTENT, notFound } from "../rest/answers.ts";
import { LONGEST_CONTENT, readChoice, readInteger, requireText } from "../rest/body.ts";
import { isoTime, pathId, repositoryAddress, type Handler, type HandlerContext } from "../rest/handler.ts";
import { takeId } from "../rest/ids.ts";
import { pageOf } from "../rest/page.ts";
import { tablesOf, type ForgeTables, type TaskRow } from "../tables.ts";
import { findComment } from "./comments.ts";
import { presentContent, stored } from "./present.ts";
import { addParticipant, requirePullRequest } from "./rows.ts";

const STATES = ["RESOLVED", "UNRESOLVED"] as const;

export const listTasks: Handler = async (context) => {
  const { id } = await requirePullRequest(context);
  const rows = await tablesOf(context.database)
    .selectFrom("forge_tasks")
    .selectAll()
    .where("repository", "=", context.repository.name)
    .where("pull_request", "=", id)
    .orderBy("id")
    .execute();
  return pageOf(
    context.call,
    context.address,
    rows.map((row) => present(context, row)),
  );
};

export const getTask: Handler = async (context) => json(present(context, await requireTask(context)));

export const createTask: Handler = async (context) => {
  const { call, actor, clock, repository } = context;
  const { id: pullRequest } = await requirePullRequest(context);
  const raw = requireText(call.body, "content.raw", LONGEST_CONTENT);
  const comment = readInteger(call.body, "comment.id", Number.MAX_SAFE_INTEGER) ?? null;
  if (comment !== null && (await findComment(context, pullRequest, comment))?.deleted !== 0) {
    throw badField("comment.id", `there is no comment ${comment} in this pull request`);
  }
  const now = clock.now();
  const row = await context.database.transact<ForgeTables, TaskRow>(async (query) => {
    await addParticipant(query, context, pullRequest);
    return query
      .insertInto("forge_tasks")
      .values({
        repository: repository.name,
        id: await takeId(query, context, "last_task"),
        pull_request: pullRequest,
        comment,
        raw,
        state: "UNRESOLVED",
        author: JSON.stringify(accountOf(actor)),
        created_by_step: stepOf(actor),
        resolved_by: null,
        resolved_on: null,
        created_on: now,
        updated_on: now,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
  });
  return json(present(context, row), 201);
};

export const updateTask: Handler = async (context) => {
  const task = await requireTask(context);
  const { call, clock, actor } = context;
  const raw = call.body?.["content"] === undefined ? task.raw : requireText(call.body, "content.raw", LONGEST_CONTENT);
  const state = readChoice(call.body, "state", STATES) ?? task.state;
  const resolution =
    state === task.state
      ? {}
      : state === "RESOLVED"
        ? { resolved_by: JSON.stringify(accountOf(actor)), resolved_on: clock.now() }
        : { resolved_by: null, resolved_on: null };
  const row = await tablesOf(context.database)
    .updateTable("forge_tasks")
    .set({ raw, state, ...resolution, updated_on: clock.now() })
    .where("repository", "=", context.repository.name)
    .where("id", "=", task.id)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) throw notFound(`Task ${task.id}`);
  return json(present(context, row));
};

export const deleteTask: Handler = async (context) => {
  const { id } = await requireTask(context);
  await tablesOf(context.database)
    .deleteFrom("forge_tasks")
    .where("repository", "=", context.repository.name)
    .where("id", "=", id)
    .execute();
  return NO_CONTENT;
};

async function requireTask(context: HandlerContext): Promise<TaskRow> {
  const { id: pullRequest } = await requirePullRequest(context);
  const id = pathId(context, "task_id");
  const row = await findTask(context, pullRequest, id);
  if (row === undefined) throw notFound(`Task ${id}`);
  return row;
}

export function findTask(
  { database, repository }: Pick<HandlerContext, "database" | "repository">,
  pullRequest: number,
  id: number,
): Promise<TaskRow | undefined> {
  return tablesOf(database)
    .selectFrom("forge_tasks")
    .selectAll()
    .where("repository", "=", repository.name)
    .where("pull_request", "=", pullRequest)
    .where("id", "=", id)
    .executeTakeFirst();
}

function present(context: HandlerContext, row: TaskRow): Json {
  const pullRequest = `${repositoryAddress(context)}/pullrequests/${row.pull_request}`;
  return {
    type: "pullrequest_task",
    id: row.id,
    state: row.state,
    content: presentContent(row.raw),
    creator: stored(row.author),
    pending: false,
    ...(row.comment === null
      ? {}
      : {
          comment: {
            type: "pullrequest_comment",
            id: row.comment,
            links: { self: { href: `${pullRequest}/comments/${row.comment}` } },
          },
        }),
    resolved_by: row.resolved_by === null ? null : stored(row.resolved_by),
    resolved_on: row.resolved_on === null ? null : isoTime(row.resolved_on),
    created_on: isoTime(row.created_on),
    updated_on: isoTime(row.updated_on),
    links: { self: { href: `${pullRequest}/tasks/${row.id}` } },
  };
}
