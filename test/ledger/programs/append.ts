// Appends entries to a ledger, durable ones with writes between them, and prints each `seq` once it is on disk.
// argv: home, run, how many (0: until killed), whether to close (`close`).
import { createClock, systemErrorCode } from "../../../src/base/index.ts";
import { openDatabase } from "../../../src/db/index.ts";
import { ledgerMigrations, openLedger } from "../../../src/ledger/index.ts";

const [, , home = "", run = "", count = "0", ending] = process.argv;
const database = openDatabase(home, ledgerMigrations);
try {
  const ledger = await openLedger({ home, database, run, clock: createClock() });
  process.stdout.write("open\n");
  const last = count === "0" ? Infinity : Number(count);
  for (let number = 1; number <= last; number += 1) {
    void ledger.append({ type: "notice", step: 1, text: `read ${number}` }, { durable: false });
    const { seq } = await ledger.append({ type: "notice", step: 1, text: `write ${number}` }, { durable: true });
    process.stdout.write(`${seq}\n`);
  }
  if (ending === "close") await ledger.close();
  else process.kill(process.pid, "SIGKILL");
} catch (error) {
  process.stdout.write(`${systemErrorCode(error) ?? String(error)}\n`);
}
