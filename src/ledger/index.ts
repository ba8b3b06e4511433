export type { Head, LedgerEntry } from "./chain.ts";
export { lastKnownTime } from "./chains.ts";
export type { LedgerEvent, LedgerEventType } from "./events.ts";
export { openLedger, type Ledger, type LedgerOptions } from "./ledger.ts";
export { ledgerMigrations } from "./migrations.ts";
export { exportLedger, queryLedger, verifyLedger, type LedgerQuery } from "./query.ts";
export { verifyFile as verifyLedgerFile, type LedgerFault, type Verification } from "./verify.ts";
