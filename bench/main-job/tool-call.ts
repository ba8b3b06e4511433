import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { median, timed, type Measurement, type Sides } from "../measurement.ts";
import { runGit } from "../run-program.ts";
import { makeScratchFolder } from "../scratch-folder.ts";
import { startServer } from "../start-server.ts";

/** Calls in one repetition, one after the other over one connection; the median of them counts. */
const CALLS = 60;

type Call = { readonly name: string; readonly arguments: Record<string, unknown> };

const READ: Call = { name: "getPullRequestDetails", arguments: { pullRequestId: 1 } };
const WRITE: Call = { name: "addPullRequestComment", arguments: { pullRequestId: 1, content: "Looks good to me." } };

/** A built-in tool that reads, through broker, gateway, authority, ledger and forge. */
export const toolRead: Measurement = {
  name: "tool-read",
  group: "main",
  unit: "ms",
  against: "the SDK's server called directly over HTTP, same answer",
  budget: 1.2,
  repetitions: 21,
  prepare: () => prepareCalls(READ),
};

/** A built-in tool that writes: its decision is on disk before the forge sees it, and so is what the forge keeps. */
export const toolWrite: Measurement = {
  ...toolRead,
  name: "tool-write",
  budget: 1.6,
  prepare: () => prepareCalls(WRITE),
};

async function prepareCalls(call: Call): Promise<Sides> {
  await using opened = new AsyncDisposableStack();
  const scratch = opened.use(makeScratchFolder());
  const clone = join(scratch.path, "clone");
  await makeClone(clone);
  const programs = new URL("programs/", import.meta.url);
  const gateway = opened.use(
    await startServer(new URL("serve-gateway.ts", programs), [join(scratch.path, "home"), clone]),
  );
  const ours = await connect(gateway.address);
  opened.defer(() => ours.close());
  const answer = await ours.callTool(call);
  if (answer.isError === true) throw new Error(`${call.name}: ${JSON.stringify(answer.content)}`);
  const direct = opened.use(
    await startServer(new URL("serve-direct.ts", programs), [call.name, JSON.stringify(answer)]),
  );
  const theirs = await connect(direct.address);
  opened.defer(() => theirs.close());
  const owned = opened.move();
  return {
    ours: () => callMany(ours, call),
    theirs: () => callMany(theirs, call),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function callMany(client: Client, call: Call): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < CALLS; count += 1) times.push(await timed(() => client.callTool(call)));
  return median(times);
}

async function connect(address: string): Promise<Client> {
  const client = new Client({ name: "bench", version: "0.0.0" }, { versionNegotiation: { mode: "auto" } });
  await client.connect(new StreamableHTTPClientTransport(new URL("/mcp", address)));
  return client;
}

async function makeClone(clone: string): Promise<void> {
  mkdirSync(clone);
  await runGit(clone, "init", "--quiet", "--initial-branch=main");
  await runGit(clone, "commit", "--quiet", "--allow-empty", "--message=First");
  await runGit(clone, "branch", "basket");
  await runGit(clone, "switch", "--quiet", "basket");
  await runGit(clone, "commit", "--quiet", "--allow-empty", "--message=Add a basket");
  await runGit(clone, "switch", "--quiet", "main");
}
