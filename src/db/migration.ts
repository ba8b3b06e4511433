/**
 * One change of the schema, never edited once released: a room exports its own list, and the composition root joins
 * the lists. `id` is `room-what`, such as `token-1`; `up` are single SQL statements that SQLite and Postgres both
 * understand.
 */
export type Migration = { readonly id: string; readonly up: readonly string[] };
