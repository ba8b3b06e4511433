import type { Migration } from "../../db/index.ts";

/** The embedded forge's tables. Ids of pull requests, comments, tasks and restrictions count in each repository. */
export const forgeMigrations: readonly Migration[] = [
  {
    id: "forge-1",
    up: [
      `create table forge_repositories (
        name text primary key,
        uuid text not null,
        created_on integer not null,
        default_branch_pinned integer not null,
        last_pull_request integer not null,
        last_comment integer not null,
        last_task integer not null,
        last_restriction integer not null
      )`,
      `create table forge_pull_requests (
        repository text not null references forge_repositories (name),
        id integer not null,
        title text not null,
        description text not null,
        state text not null,
        draft integer not null,
        source text not null,
        destination text not null,
        source_commit text not null,
        destination_commit text not null,
        merge_commit text,
        close_source_branch integer not null,
        reason text not null,
        author text not null,
        created_by_step text,
        closed_by text,
        created_on integer not null,
        updated_on integer not null,
        primary key (repository, id)
      )`,
      `create table forge_participants (
        repository text not null,
        pull_request integer not null,
        uuid text not null,
        account text not null,
        role text not null,
        state text,
        reviewed_commit text,
        participated_on integer not null,
        primary key (repository, pull_request, uuid)
      )`,
      `create table forge_comments (
        repository text not null,
        id integer not null,
        pull_request integer not null,
        parent integer,
        raw text not null,
        path text,
        line_from integer,
        line_to integer,
        author text not null,
        created_by_step text,
        deleted integer not null,
        resolved_by text,
        resolved_on integer,
        created_on integer not null,
        updated_on integer not null,
        primary key (repository, id)
      )`,
      "create index forge_comments_of_pull_request on forge_comments (repository, pull_request)",
      `create table forge_tasks (
        repository text not null,
        id integer not null,
        pull_request integer not null,
        comment integer,
        raw text not null,
        state text not null,
        author text not null,
        created_by_step text,
        resolved_by text,
        resolved_on integer,
        created_on integer not null,
        updated_on integer not null,
        primary key (repository, id)
      )`,
      "create index forge_tasks_of_pull_request on forge_tasks (repository, pull_request)",
      `create table forge_statuses (
        repository text not null,
        commit_id text not null,
        build_key text not null,
        uuid text not null,
        state text not null,
        name text not null,
        description text not null,
        url text not null,
        refname text,
        author text not null,
        created_on integer not null,
        updated_on integer not null,
        primary key (repository, commit_id, build_key)
      )`,
      `create table forge_restrictions (
        repository text not null,
        id integer not null,
        kind text not null,
        branch_match_kind text not null,
        branch_type text,
        pattern text not null,
        limit_value integer,
        users text not null,
        groups_allowed text not null,
        primary key (repository, id)
      )`,
      `create table forge_activity (
        repository text not null,
        pull_request integer not null,
        sequence integer not null,
        entry text not null,
        primary key (repository, pull_request, sequence)
      )`,
      `create table forge_ref_writes (
        repository text not null,
        ref text not null,
        commit_id text not null,
        run text,
        written_on integer not null,
        primary key (repository, ref, commit_id)
      )`,
    ],
  },
];
