import type { Database } from "../../db/index.ts";

/** Rows as `migrations.ts` makes them: times in milliseconds since the epoch, truth as 0 or 1, accounts as JSON text. */
export type ForgeTables = {
  readonly forge_repositories: RepositoryRow;
  readonly forge_pull_requests: PullRequestRow;
  readonly forge_participants: ParticipantRow;
  readonly forge_comments: CommentRow;
  readonly forge_tasks: TaskRow;
  readonly forge_statuses: StatusRow;
  readonly forge_restrictions: RestrictionRow;
  readonly forge_activity: ActivityRow;
  readonly forge_ref_writes: RefWriteRow;
};

export type RepositoryRow = {
  readonly name: string;
  readonly uuid: string;
  readonly created_on: number;
  readonly default_branch_pinned: number;
  readonly last_pull_request: number;
  readonly last_comment: number;
  readonly last_task: number;
  readonly last_restriction: number;
};

export type PullRequestState = "OPEN" | "MERGED" | "DECLINED" | "SUPERSEDED";

export type PullRequestRow = {
  readonly repository: string;
  readonly id: number;
  readonly title: string;
  readonly description: string;
  readonly state: PullRequestState;
  readonly draft: number;
  readonly source: string;
  readonly destination: string;
  /** The tip when it was last looked at while open; final once it is closed. */
  readonly source_commit: string;
  readonly destination_commit: string;
  readonly merge_commit: string | null;
  readonly close_source_branch: number;
  readonly reason: string;
  readonly author: string;
  /** `run/step` of the step that created it, or null: the record that `inspect` reads, never a name. */
  readonly created_by_step: string | null;
  readonly closed_by: string | null;
  readonly created_on: number;
  readonly updated_on: number;
};

export type ParticipantRow = {
  readonly repository: string;
  readonly pull_request: number;
  readonly uuid: string;
  readonly account: string;
  readonly role: "REVIEWER" | "PARTICIPANT";
  readonly state: "approved" | "changes_requested" | null;
  /** The source commit that was reviewed: an approval counts for that commit only (design, rule 9). */
  readonly reviewed_commit: string | null;
  readonly participated_on: number;
};

export type CommentRow = {
  readonly repository: string;
  readonly id: number;
  readonly pull_request: number;
  readonly parent: number | null;
  readonly raw: string;
  readonly path: string | null;
  readonly line_from: number | null;
  readonly line_to: number | null;
  readonly author: string;
  readonly created_by_step: string | null;
  readonly deleted: number;
  readonly resolved_by: string | null;
  readonly resolved_on: number | null;
  readonly created_on: number;
  readonly updated_on: number;
};

export type TaskRow = {
  readonly repository: string;
  readonly id: number;
  readonly pull_request: number;
  readonly comment: number | null;
  readonly raw: string;
  readonly state: "RESOLVED" | "UNRESOLVED";
  readonly author: string;
  readonly created_by_step: string | null;
  readonly resolved_by: string | null;
  readonly resolved_on: number | null;
  readonly created_on: number;
  readonly updated_on: number;
};

export type StatusRow = {
  readonly repository: string;
  readonly commit_id: string;
  readonly build_key: string;
  readonly uuid: string;
  readonly state: string;
  readonly name: string;
  readonly description: string;
  readonly url: string;
  readonly refname: string | null;
  readonly author: string;
  readonly created_on: number;
  readonly updated_on: number;
};

export type RestrictionRow = {
  readonly repository: string;
  readonly id: number;
  readonly kind: string;
  readonly branch_match_kind: "glob" | "branching_model";
  readonly branch_type: string | null;
  readonly pattern: string;
  readonly limit_value: number | null;
  /** JSON: a list of accounts. */
  readonly users: string;
  readonly groups_allowed: string;
};

export type ActivityRow = {
  readonly repository: string;
  readonly pull_request: number;
  readonly sequence: number;
  /** JSON in Bitbucket's shape, without the pull request. */
  readonly entry: string;
};

export type RefWriteRow = {
  readonly repository: string;
  readonly ref: string;
  readonly commit_id: string;
  /** The run whose step pushed it, or null for a person. */
  readonly run: string | null;
  readonly written_on: number;
};

/** Names the type only; nothing of it exists. */
declare const anyDatabase: Database;

/** The query builder over the forge's tables, also inside a transaction. */
export type Query = ReturnType<typeof anyDatabase.tables<ForgeTables>>;

export function tablesOf(database: Database): Query {
  return database.tables<ForgeTables>();
}
