/** Opens a box in a process of its own, for tests that need another user or must kill it: `run-one.ts FOLDER ID ARGV…` */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createBwrapProvider } from "../../src/box/index.ts";
import { LIMITS_OF_ONE } from "./limits.ts";

const [folder = "", id = "", ...argv] = process.argv.slice(2);
const workspace = join(folder, id);
mkdirSync(workspace, { recursive: true });
await using provider = createBwrapProvider();
const box = await provider.open({
  id,
  workspace,
  workspaceTarget: "/workspace",
  binds: [],
  environment: {},
  limits: LIMITS_OF_ONE,
});
box.door.on("connection", (socket) => socket.end("door\n"));
const exit = await box.run({ argv, onOutput: (chunk) => process.stdout.write(chunk) });
process.stdout.write(`\n${JSON.stringify(exit)}\n`);
