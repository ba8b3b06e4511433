import type { Migration } from "../db/index.ts";

/**
 * One row a chain: how far it is known to reach, so that a file cut short is noticed, and which process writes it.
 * `writer_pid` is null when nobody does.
 */
export const ledgerMigrations: readonly Migration[] = [
  {
    id: "ledger-1",
    up: [
      `create table ledger_chains (
        run text primary key,
        seq integer not null,
        hash text not null,
        time bigint not null,
        closed integer not null,
        writer_pid integer,
        writer_start bigint
      )`,
    ],
  },
];
