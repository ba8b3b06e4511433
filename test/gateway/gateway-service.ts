import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { createAuthority, type Admission, type Judged, type Outcome } from "../../src/authority/index.ts";
import { createClock } from "../../src/base/index.ts";
import { openDatabase } from "../../src/db/index.ts";
import type { Forge, ForgeAnswer } from "../../src/forge/index.ts";
import { createForgeDoor, createGateway, type Caller, type Gateway } from "../../src/gateway/index.ts";
import { ledgerMigrations, openLedger } from "../../src/ledger/index.ts";
import type { ForgeCall, Grant } from "../../src/policy/index.ts";
import { createTokenService, tokenMigrations } from "../../src/token/index.ts";
import { grantWith } from "../policy/grants.ts";

/** A gateway with a real authority, ledger and tokens in a folder of its own, served on loopback to one caller. */
export type GatewayService = AsyncDisposable & {
  /** `http://127.0.0.1:PORT`: as the door of a box, but for the port. */
  readonly door: string;
  readonly admission: Admission;
  readonly judged: readonly Judged[];
  readonly faults: readonly unknown[];
  /** The bodies of the requests, in the order of arrival. */
  readonly bodies: readonly string[];
  dismiss(): Promise<void>;
  /** The same caller's call by the other door that uses the same function. */
  callByRest(call: ForgeCall): Promise<Outcome<ForgeAnswer>>;
};

const RUN = "00000001";

export async function serveGateway(forge: Forge, changes: Partial<Grant> = {}): Promise<GatewayService> {
  const home = await mkdtemp(join(tmpdir(), "sallyport-gateway-"));
  const clock = createClock();
  const database = openDatabase(home, [...tokenMigrations, ...ledgerMigrations]);
  const ledger = await openLedger({ home, database, run: RUN, clock });
  const tokens = createTokenService({ database, home, clock });
  const judged: Judged[] = [];
  const faults: unknown[] = [];
  const bodies: string[] = [];
  const authority = createAuthority({ tokens, ledger, clock, onJudged: (one) => judged.push(one) });
  const admission = await authority.admit(grantWith({ run: RUN, expiresAt: clock.now() + 600_000, ...changes }));
  const actor = { kind: "step", run: RUN, step: 1, agent: admission.grant.agent } as const;
  const server = createServer();
  const door = await listen(server);
  const hosts = [new URL(door).host];
  const gateway = createGateway({ authority, forge, version: "0.0.0", hosts, reportFault: (one) => faults.push(one) });
  server.on("request", (request, response) => void answer(gateway, { admission, actor }, request, response, bodies));
  return {
    door,
    admission,
    judged,
    faults,
    bodies,
    dismiss: () => authority.dismiss(admission),
    callByRest: (call) => createForgeDoor({ authority, forge }).performForgeCall({ admission, actor }, call, "rest"),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await ledger.close();
      database.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("not a TCP server");
  return `http://127.0.0.1:${address.port}`;
}

async function answer(
  gateway: Gateway,
  caller: Caller,
  from: IncomingMessage,
  to: ServerResponse,
  bodies: string[],
): Promise<void> {
  const { method = "GET", url = "/" } = from;
  const body = method === "POST" ? new Uint8Array(await buffer(from)) : null;
  if (body !== null) bodies.push(Buffer.from(body).toString());
  const headers = Object.entries(from.headers).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value] as [string, string]] : [],
  );
  const request = new Request(`http://127.0.0.1${url}`, { method, headers });
  const response = await gateway.handle(caller, request, body);
  to.writeHead(response.status, Object.fromEntries(response.headers));
  to.end(Buffer.from(await response.arrayBuffer()));
}
