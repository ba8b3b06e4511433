// Creates a run with one step, prints its id, and waits to be killed or told to stop.
import { createClock } from "../../../src/base/index.ts";
import { openDatabase } from "../../../src/db/index.ts";
import { createRunStore, runsMigrations } from "../../../src/runs/index.ts";

const home = process.argv[2] ?? "";
const runs = createRunStore({ database: openDatabase(home, runsMigrations), home, clock: createClock() });
const { id } = await runs.create({ selector: "custom/x", repository: "demo/shop" });
await runs.start(id);
await runs.startStep(id, 1, "wait");
process.once("SIGINT", () => void stop());
setInterval(() => {}, 1_000);
process.stdout.write(`${id}\n`);

async function stop(): Promise<never> {
  const cancelled = await runs.isCancelRequested(id);
  await runs.end(id, cancelled ? "cancelled" : "interrupted", 130);
  process.exit(0);
}
