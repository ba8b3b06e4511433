import { createServer, type AddressInfo } from "node:net";
import { createAuthority } from "../../../src/authority/index.ts";
import { createBroker } from "../../../src/broker/index.ts";
import { openWorkplace } from "../../../src/cli/workplace.ts";
import { createGateway } from "../../../src/gateway/index.ts";
import { openLedger } from "../../../src/ledger/index.ts";
import { callOf, operationById } from "../../../src/policy/index.ts";

/**
 * A step's door on loopback with everything real behind it: broker, gateway, authority, tokens, ledger and a forge with one
 * pull request. Arguments: the state directory, a clone with the branches `main` and `basket`. Prints the address, and ends
 * with its standard input.
 */
const [home = "", clone = ""] = process.argv.slice(2);
const RUN = "00000001";
const REPOSITORY = "demo/shop";

await using workplace = await openWorkplace(home);
const { clock, database, tokens, forge } = workplace;
await forge.importRepository({ name: REPOSITORY, from: clone });
await forge.call(
  callOf(operationById("pullrequests.create"), REPOSITORY, {
    title: "Add a basket",
    sourceBranch: "basket",
    destinationBranch: "main",
  }),
  { kind: "person", name: "robin" },
);
await using ledger = await openLedger({ home, database, run: RUN, clock });
const authority = createAuthority({ tokens, ledger, clock, onJudged: () => {} });
const door = createServer();
await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
// A server that listens on TCP has an address with a port.
const host = `127.0.0.1:${(door.address() as AddressInfo).port}`;
const gateway = createGateway({ authority, forge, version: "0.0.0", hosts: [host] });
const onFault = (fault: unknown): void => console.error(fault);
await using broker = createBroker({ authority, forge, gateway, models: {}, onFault });
const trustedCommit = (await forge.resolve(REPOSITORY, "main")) ?? "";
const agent = "bench";
const admission = await authority.admit({
  run: RUN,
  step: 1,
  item: "1-agent",
  repository: REPOSITORY,
  scopes: ["read:repository:bitbucket", "read:pullrequest:bitbucket", "write:pullrequest:bitbucket"],
  agent,
  agentStep: true,
  tools: { default: null, tools: {} },
  protectedBranches: ["main"],
  trustedCommit,
  models: [],
  egress: [],
  expiresAt: clock.now() + 3_600_000,
  reviewed: true,
});
const service = broker.serve(door, { admission, actor: { kind: "step", run: RUN, step: 1, agent } }, { trustedCommit });
console.log(`http://${host}`);
await new Promise((resolve) => process.stdin.once("end", resolve).resume());
await service.close();
door.close();
