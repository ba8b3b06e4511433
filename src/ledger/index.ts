export type { Head, LedgerEntry } from "./chain.ts";
export { lastKnownTime } from "./chains.ts";
export { ledgerEventSchema, type LedgerEvent, type LedgerEventType } from "./events.ts";
export { openLedger, type Ledger, type LedgerOptions } from "./ledger.ts";
export { ledgerMigrations } from "./migrations.ts";
export { exportLedger, queryLedger, verifyLedger, type LedgerQuery } from "./query.ts";
export { LEDGER_FAULTS, verifyFile as verifyLedgerFile, type LedgerFault, type Verification } from "./verify.ts";
