export type { Database } from "./database.ts";
export type { Migration } from "./migration.ts";
export { openDatabase } from "./open-database.ts";
