import type { Migration } from "../db/index.ts";

/** Runs and their steps. Times in milliseconds since the epoch; `details` is JSON. */
export const runsMigrations: readonly Migration[] = [
  {
    id: "runs-1",
    up: [
      `create table runs (
        id text primary key,
        state text not null,
        selector text not null,
        repository text not null,
        details text not null,
        created_at bigint not null,
        started_at bigint,
        ended_at bigint,
        exit_code integer,
        owner_pid integer not null,
        owner_start bigint not null,
        cancel_requested_at bigint
      )`,
      "create index runs_by_state on runs (state)",
      "create index runs_by_time on runs (created_at)",
      `create table run_steps (
        run text not null references runs (id) on delete cascade,
        number integer not null,
        name text not null,
        state text not null,
        started_at bigint not null,
        ended_at bigint,
        exit_code integer,
        primary key (run, number)
      )`,
    ],
  },
];
