import type { Json } from "../../../base/index.ts";
import type { JsonObject } from "../../../policy/index.ts";
import { accountOf, type Account } from "../accounts.ts";
import { RESTRICTION_KINDS } from "../restrictions.ts";
import { tablesOf, type ForgeTables, type RestrictionRow } from "../tables.ts";
import { badField, json, NO_CONTENT, notFound } from "./answers.ts";
import { readChoice, readInteger, readObjects, readText } from "./body.ts";
import { repositoryAddress, type Handler, type HandlerContext } from "./handler.ts";
import { takeId } from "./ids.ts";
import { pageOf } from "./page.ts";

const MATCH_KINDS = ["glob", "branching_model"] as const;
const BRANCH_TYPES = ["feature", "bugfix", "release", "hotfix", "development", "production"] as const;

export const listRestrictions: Handler = async (context) => {
  const rows = await tablesOf(context.database)
    .selectFrom("forge_restrictions")
    .selectAll()
    .where("repository", "=", context.repository.name)
    .orderBy("id")
    .execute();
  const { kind, pattern } = context.call.query;
  const shown = rows.filter((row) => (kind ?? row.kind) === row.kind && (pattern ?? row.pattern) === row.pattern);
  return pageOf(
    context.call,
    context.address,
    shown.map((row) => present(context, row)),
  );
};

export const createRestriction: Handler = async (context) => {
  const kind = readChoice(context.call.body, "kind", RESTRICTION_KINDS);
  if (kind === undefined) throw badField("kind", "is required");
  const values = readValues(context.call.body);
  const row = await context.database.transact<ForgeTables, RestrictionRow>(async (query) =>
    query
      .insertInto("forge_restrictions")
      .values({
        repository: context.repository.name,
        id: await takeId(query, context, "last_restriction"),
        kind,
        ...values,
      })
      .returningAll()
      .executeTakeFirstOrThrow(),
  );
  return json(present(context, row), 201);
};

export const updateRestriction: Handler = async (context) => {
  const known = await find(context);
  const kind = readChoice(context.call.body, "kind", RESTRICTION_KINDS) ?? known.kind;
  const row = await tablesOf(context.database)
    .updateTable("forge_restrictions")
    .set({ kind, ...readValues(context.call.body, known) })
    .where("repository", "=", context.repository.name)
    .where("id", "=", known.id)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) throw notFound(`Branch restriction ${known.id}`);
  return json(present(context, row));
};

export const deleteRestriction: Handler = async (context) => {
  const { id } = await find(context);
  await tablesOf(context.database)
    .deleteFrom("forge_restrictions")
    .where("repository", "=", context.repository.name)
    .where("id", "=", id)
    .execute();
  return NO_CONTENT;
};

async function find({ database, repository, call }: HandlerContext): Promise<RestrictionRow> {
  const id = call.path["id"] ?? "";
  const row = /^[1-9]\d{0,9}$/u.test(id)
    ? await tablesOf(database)
        .selectFrom("forge_restrictions")
        .selectAll()
        .where("repository", "=", repository.name)
        .where("id", "=", Number(id))
        .executeTakeFirst()
    : undefined;
  if (row === undefined) throw notFound(`Branch restriction ${id}`);
  return row;
}

function readValues(
  body: JsonObject | null,
  known?: RestrictionRow,
): Omit<RestrictionRow, "repository" | "id" | "kind"> {
  const matchKind = readChoice(body, "branch_match_kind", MATCH_KINDS) ?? known?.branch_match_kind ?? "glob";
  const branchType = readChoice(body, "branch_type", BRANCH_TYPES) ?? known?.branch_type ?? null;
  const pattern = readText(body, "pattern", 255) ?? known?.pattern ?? "";
  if (matchKind === "glob" && pattern === "") throw badField("pattern", "is required");
  if (matchKind === "branching_model" && branchType === null) throw badField("branch_type", "is required");
  const users = readObjects(body, "users");
  const groups = readObjects(body, "groups");
  return {
    branch_match_kind: matchKind,
    branch_type: matchKind === "glob" ? null : branchType,
    pattern: matchKind === "glob" ? pattern : "",
    limit_value: readInteger(body, "value", 1_000) ?? known?.limit_value ?? null,
    users: users === undefined ? (known?.users ?? "[]") : JSON.stringify(users.map(readPerson)),
    groups_allowed: groups === undefined ? (known?.groups_allowed ?? "[]") : JSON.stringify(groups),
  };
}

/** A person, by the name that this forge knows people by. */
export function readPerson(user: JsonObject): Account {
  const name =
    readText(user, "nickname", 255) ?? readText(user, "display_name", 255) ?? readText(user, "username", 255);
  if (name === undefined || name.trim() === "") throw badField("users", "a user is named by nickname");
  return accountOf({ kind: "person", name });
}

function present(context: HandlerContext, row: RestrictionRow): Json {
  return {
    type: "branchrestriction",
    id: row.id,
    kind: row.kind,
    branch_match_kind: row.branch_match_kind,
    ...(row.branch_type === null ? {} : { branch_type: row.branch_type }),
    pattern: row.pattern,
    value: row.limit_value,
    users: parsed(row.users),
    groups: parsed(row.groups_allowed),
    links: { self: { href: `${repositoryAddress(context)}/branch-restrictions/${row.id}` } },
  };
}

function parsed(column: string): Json {
  // Sound: both columns are written above, as JSON.
  return JSON.parse(column) as Json;
}
