import type { Json } from "../../../base/index.ts";
import { isoTime, repositoryAddress, type HandlerContext } from "../rest/handler.ts";
import { tablesOf, type ParticipantRow, type PullRequestRow } from "../tables.ts";
import { readParticipants, readTips, type Tips } from "./rows.ts";

/** A pull request in Bitbucket's shape. Only the single object has participants and reviewers, as there. */
export async function presentPullRequest(context: HandlerContext, row: PullRequestRow): Promise<Json> {
  const [tips, participants, counts] = await Promise.all([
    readTips(context, row),
    readParticipants(context, row.id),
    readCounts(context, row.id),
  ]);
  const reviewers = participants.flatMap(({ role, account }) => (role === "REVIEWER" ? [stored(account)] : []));
  return {
    ...present(context, row, tips, counts),
    participants: participants.map((participant) => presentParticipant(participant, tips.source)),
    reviewers,
  };
}

/** The same for a list. */
export async function presentListed(context: HandlerContext, row: PullRequestRow): Promise<Json> {
  const [tips, counts] = await Promise.all([readTips(context, row), readCounts(context, row.id)]);
  return present(context, row, tips, counts);
}

type Counts = { readonly comments: number; readonly tasks: number };

function present(context: HandlerContext, row: PullRequestRow, tips: Tips, counts: Counts): Record<string, Json> {
  const address = `${repositoryAddress(context)}/pullrequests/${row.id}`;
  return {
    type: "pullrequest",
    id: row.id,
    title: row.title,
    description: row.description,
    summary: presentContent(row.description),
    rendered: { title: presentContent(row.title), description: presentContent(row.description) },
    state: row.state,
    draft: row.draft === 1,
    author: stored(row.author),
    source: presentEndpoint(context, row.source, tips.source),
    destination: presentEndpoint(context, row.destination, tips.destination),
    merge_commit: row.merge_commit === null ? null : { type: "commit", hash: row.merge_commit },
    close_source_branch: row.close_source_branch === 1,
    closed_by: row.closed_by === null ? null : stored(row.closed_by),
    reason: row.reason,
    comment_count: counts.comments,
    task_count: counts.tasks,
    created_on: isoTime(row.created_on),
    updated_on: isoTime(row.updated_on),
    links: Object.fromEntries([
      ["self", { href: address }],
      ...["diff", "diffstat", "commits", "comments", "activity", "approve", "decline", "merge", "statuses"].map(
        (name) => [name, { href: `${address}/${name}` }] as const,
      ),
    ]),
  };
}

function presentEndpoint({ repository }: HandlerContext, branch: string, commit: string): Json {
  const [, slug = ""] = repository.name.split("/");
  return {
    branch: { name: branch },
    commit: { type: "commit", hash: commit },
    repository: { type: "repository", full_name: repository.name, name: slug, uuid: repository.uuid },
  };
}

/** An approval counts for the commit that was looked at; a push of anything else ends it (design, rule 9). */
export function reviewState(row: ParticipantRow, sourceCommit: string): ParticipantRow["state"] {
  return row.state === "approved" && row.reviewed_commit !== sourceCommit ? null : row.state;
}

export function presentParticipant(row: ParticipantRow, sourceCommit: string): Json {
  const state = reviewState(row, sourceCommit);
  return {
    type: "participant",
    user: stored(row.account),
    role: row.role,
    approved: state === "approved",
    state,
    participated_on: isoTime(row.participated_on),
  };
}

/** Text as somebody wrote it. It is never rendered here: whoever shows it escapes it. */
export function presentContent(raw: string): Json {
  return { type: "rendered", raw, markup: "markdown", html: escapeHtml(raw) };
}

function escapeHtml(raw: string): string {
  return raw.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** An account column. */
export function stored(account: string): Json {
  // Sound: such columns hold what `JSON.stringify` made of an account.
  return JSON.parse(account) as Json;
}

async function readCounts({ database, repository }: HandlerContext, id: number): Promise<Counts> {
  const tables = tablesOf(database);
  const [comments, tasks] = await Promise.all([
    tables
      .selectFrom("forge_comments")
      .select((columns) => columns.fn.countAll<number>().as("count"))
      .where("repository", "=", repository.name)
      .where("pull_request", "=", id)
      .where("deleted", "=", 0)
      .executeTakeFirstOrThrow(),
    tables
      .selectFrom("forge_tasks")
      .select((columns) => columns.fn.countAll<number>().as("count"))
      .where("repository", "=", repository.name)
      .where("pull_request", "=", id)
      .where("state", "=", "UNRESOLVED")
      .executeTakeFirstOrThrow(),
  ]);
  return { comments: comments.count, tasks: tasks.count };
}
