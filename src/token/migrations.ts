import type { Migration } from "../db/index.ts";

/** Every token that was ever minted, so that one without a row is refused. Times in milliseconds since the epoch. */
export const tokenMigrations: readonly Migration[] = [
  {
    id: "token-1",
    up: [
      `create table tokens (
        id text primary key,
        run text not null,
        step integer not null,
        item text not null,
        grant_digest text not null,
        issued_at bigint not null,
        expires_at bigint not null,
        revoked_at bigint
      )`,
      "create index tokens_by_run on tokens (run)",
    ],
  },
  // Which key signed it, so that a retired key stays until its last token is over. Null: signed before keys rotated.
  { id: "token-2", up: ["alter table tokens add column kid text"] },
];
