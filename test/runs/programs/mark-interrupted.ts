// Marks every interrupted run, as each new command does, and prints the ids that this process marked.
import { createClock } from "../../../src/base/index.ts";
import { openDatabase } from "../../../src/db/index.ts";
import { createRunStore, runsMigrations } from "../../../src/runs/index.ts";

const home = process.argv[2] ?? "";
const runs = createRunStore({ database: openDatabase(home, runsMigrations), home, clock: createClock() });
for (const { id } of await runs.findInterrupted()) if (await runs.markInterrupted(id)) process.stdout.write(`${id}\n`);
