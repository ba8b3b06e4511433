// Holds the write lock of a fresh database, not yet in WAL mode, for half a second: as a process that is just making it.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import BetterSqlite3 from "better-sqlite3";

const home = process.argv[2] ?? "";
process.umask(0o077);
mkdirSync(home, { mode: 0o700 });
const raw = new BetterSqlite3(join(home, "state.db"));
raw.exec("begin immediate");
process.stdout.write("held\n");
setTimeout(() => {
  raw.exec("commit");
  raw.close();
}, 500);
