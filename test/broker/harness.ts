import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { text } from "node:stream/consumers";

import type { Attempt, Authority, Admission } from "../../src/authority/index.ts";
import { Secret } from "../../src/base/index.ts";
import { createBroker, type Broker, type BrokerLimits, type BrokerOptions } from "../../src/broker/index.ts";
import type { Forge, ForgeAnswer, GitRequest } from "../../src/forge/index.ts";
import { createGateway, type Caller, type Gateway } from "../../src/gateway/index.ts";
import { authorize, type Decision, type ForgeCall, type Grant } from "../../src/policy/index.ts";

/** One attempt as the authority of a test decided it. */
export type Recorded = { readonly token: string; readonly attempt: Attempt; readonly decision: Decision };

/** `authorize` with counting and a list for a ledger: enough of the authority to see what a door asks of it. */
export function createTestAuthority() {
  const admissions = new Map<string, Admission>();
  const revoked = new Set<string>();
  const records: Recorded[] = [];
  const calls = new Map<string, number>();

  function judge(token: string, attempt: Pick<Attempt, "operation" | "resource">): Decision {
    const admission = admissions.get(token);
    if (admission === undefined) throw new TypeError("an unknown token reached the authority");
    if (revoked.has(token)) return { allow: false, gate: "token", reason: "the token is revoked", needs: {} };
    const count = calls.get(attempt.operation.tool ?? attempt.operation.id) ?? 0;
    return authorize(admission.grant, attempt.operation, attempt.resource, { now: 1000, calls: count });
  }

  const authority: Authority = {
    async admit(grant) {
      const tokenId = `token-${admissions.size}`;
      const admission = { grant, token: new Secret(`secret-of-${tokenId}`), tokenId };
      admissions.set(admission.token.reveal(), admission);
      return admission;
    },
    async perform(token, attempt, act) {
      const decision = judge(token, attempt);
      records.push({ token, attempt, decision });
      if (!decision.allow) return { allowed: false, denial: decision };
      const key = attempt.operation.tool ?? attempt.operation.id;
      calls.set(key, (calls.get(key) ?? 0) + 1);
      return { allowed: true, result: await act() };
    },
    async foresee(token, operation) {
      const repository = admissions.get(token)?.grant.repository ?? null;
      return judge(token, { operation, resource: { repository, arguments: {} } });
    },
    async dismiss(admission) {
      revoked.add(admission.token.reveal());
    },
  };
  return { authority, records };
}

/** A forge that answers every call alike and keeps what it was asked. */
export function createScriptedForge(script: Partial<Pick<Forge, "call" | "git" | "inspect">> = {}) {
  const calls: ForgeCall[] = [];
  const gitRequests: GitRequest[] = [];
  const forge: Forge = {
    async inspect(call) {
      return (await script.inspect?.(call)) ?? { createdByAgent: true };
    },
    async call(call, actor) {
      calls.push(call);
      const answer: ForgeAnswer = { status: 200, body: { kind: "json", value: { did: call.operation.id } } };
      return (await script.call?.(call, actor)) ?? answer;
    },
    async git(request, reply, actor, judge, trustedCommit) {
      gitRequests.push(request);
      if (script.git !== undefined) return await script.git(request, reply, actor, judge, trustedCommit);
      request.body.resume();
      reply(200, { "content-type": "text/plain", "x-inner": "not for the box" }).end(`${request.service} done`);
      return { moved: true };
    },
    async [Symbol.asyncDispose]() {},
  };
  return { forge, calls, gitRequests };
}

const GRANT: Grant = {
  run: "run-1",
  step: 1,
  item: "item-1",
  repository: "demo/shop",
  scopes: ["read:repository:bitbucket"],
  agent: "helper",
  agentStep: true,
  tools: { default: null, tools: {} },
  protectedBranches: ["main"],
  trustedCommit: "a".repeat(40),
  models: [],
  egress: [],
  expiresAt: 2000,
  reviewed: true,
};

/** A broker behind real doors on loopback. */
export type House = AsyncDisposable & {
  readonly broker: Broker;
  readonly records: Recorded[];
  readonly calls: ForgeCall[];
  readonly gitRequests: GitRequest[];
  readonly faults: unknown[];
  /** Opens a door for a grant. */
  open(grant?: Partial<Grant>): Promise<OpenDoor>;
};

export type OpenDoor = {
  readonly port: number;
  readonly caller: Caller;
  close(): Promise<void>;
};

export type HouseOptions = {
  readonly script?: Parameters<typeof createScriptedForge>[0];
  readonly gateway?: Gateway;
  readonly models?: BrokerOptions["models"];
  readonly limits?: Partial<BrokerLimits>;
};

export function buildHouse(options: HouseOptions = {}): House {
  const { authority, records } = createTestAuthority();
  const { forge, calls, gitRequests } = createScriptedForge(options.script);
  const faults: unknown[] = [];
  const hosts: string[] = [];
  const broker = createBroker({
    authority,
    forge,
    gateway: options.gateway ?? createGateway({ authority, forge, version: "0.0.0", hosts }),
    models: options.models ?? {},
    onFault: (fault) => faults.push(fault),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  const doors: Server[] = [];
  return {
    broker,
    records,
    calls,
    gitRequests,
    faults,
    async open(grant = {}) {
      const admission = await authority.admit({ ...GRANT, ...grant });
      const caller: Caller = { admission, actor: { kind: "step", run: "run-1", step: 1, agent: "helper" } };
      const door = createServer();
      const port = await listen(door);
      hosts.push(`127.0.0.1:${port}`);
      doors.push(door);
      const service = broker.serve(door, caller, { trustedCommit: admission.grant.trustedCommit });
      return { port, caller, close: () => service.close() };
    },
    async [Symbol.asyncDispose]() {
      await broker[Symbol.asyncDispose]();
      for (const door of doors) door.close();
    },
  };
}

export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server that listens on TCP has an address with a port.
  return (server.address() as AddressInfo).port;
}

export type Answer = {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
};

export type Ask = {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
};

/** One request with exactly this path: nothing is normalised on the way. */
export async function ask(port: number, method: string, path: string, options: Ask = {}): Promise<Answer> {
  const response = await begin(port, method, path, options);
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
}

/** The same, as soon as the head of the answer is there. */
export function begin(
  port: number,
  method: string,
  path: string,
  { headers = {}, body }: Ask = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: "127.0.0.1", port, method, path, headers, agent: false }, resolve);
    request.on("error", reject);
    request.end(body);
  });
}

/** A JSON body with its type. */
export function json(value: unknown): Ask {
  return { headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}

/** Sends these very bytes and returns all that comes back until the connection ends. */
export function sendRaw(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let received = "";
    socket.on("data", (chunk) => (received += chunk.toString("latin1")));
    socket.on("error", () => {});
    socket.on("close", () => resolve(received));
    socket.write(bytes);
  });
}

/** The decisions so far in short: `git.push allow`, `comments.create scope`. */
export function decisionsOf(records: readonly Recorded[]): string[] {
  return records.map(({ attempt, decision }) => `${attempt.operation.id} ${decision.allow ? "allow" : decision.gate}`);
}
