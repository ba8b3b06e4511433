// Appends until the disk refuses (a file size limit set by the caller stands for the full disk), then reports as JSON
// what was promised durable, and how the calls after the fault ended.
import { createClock, systemErrorCode } from "../../../src/base/index.ts";
import { openDatabase } from "../../../src/db/index.ts";
import { ledgerMigrations, openLedger } from "../../../src/ledger/index.ts";

const [, , home = "", run = ""] = process.argv;
const database = openDatabase(home, ledgerMigrations);
const ledger = await openLedger({ home, database, run, clock: createClock() });
const codes: unknown[] = [];
let durable = 0;
for (let failures = 0; failures < 3;) {
  try {
    durable = (await ledger.append({ type: "notice", step: 1, text: "x".repeat(1900) }, { durable: true })).seq;
  } catch (error) {
    failures += 1;
    codes.push(systemErrorCode(error));
  }
}
await ledger
  .append({ type: "notice", step: 1, text: "a read" }, { durable: false })
  .catch((error: unknown) => codes.push(systemErrorCode(error)));
await ledger.close().catch((error: unknown) => codes.push(systemErrorCode(error)));
process.stdout.write(JSON.stringify({ durable, codes }));
