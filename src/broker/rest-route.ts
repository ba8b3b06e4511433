import type { ServerResponse } from "node:http";

import type { Authority } from "../authority/index.ts";
import { parseStrictJson } from "../base/index.ts";
import type { ForgeAnswer } from "../forge/index.ts";
import type { ForgeDoor } from "../gateway/index.ts";
import { parseRest, type Denial, type Operation, type ParsedRest } from "../policy/index.ts";
import { explainDenial, summarize } from "./denial.ts";
import { send, sendError, sendJson, type Exchange, type Route } from "./exchange.ts";
import type { BrokerLimits } from "./limits.ts";
import { readBody } from "./read-body.ts";
import { challenge } from "./resource-metadata.ts";
import { recordUnlisted } from "./record-unlisted.ts";

/** A body as a value (undefined: none), or how the request is refused. */
type JsonBody =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly status: 400 | 408 | 413 | 415; readonly reason: string };

/** `/2.0/…`: Bitbucket's REST, as the step. Every request is judged and recorded, also one that no row lists. */
export function createRestRoute(authority: Authority, forgeDoor: ForgeDoor, limits: BrokerLimits): Route {
  return async (exchange) => {
    const { caller, request, response, path } = exchange;
    const { method = "" } = request;
    const below = path.slice("/2.0".length);
    const search = new URLSearchParams(exchange.query);
    const refuse = async (repository: string | null, status: number | null, reason: string): Promise<void> => {
      const summary = `${method} ${path}${reason === "" ? "" : ` (${reason})`}`;
      const denial = await recordUnlisted(authority, caller, { door: "rest", repository, summary });
      if (status === null || denial.gate === "repository" || denial.gate === "token") {
        sendDenial(exchange, denial, repository);
      } else sendError(response, status, `Refused: ${reason}.`);
    };

    const refuseRow = async (operation: Operation, repository: string | null): Promise<void> => {
      const request = { operation, door: "rest", repository, summary: `${method} ${path}` } as const;
      sendDenial(exchange, await recordUnlisted(authority, caller, request), repository);
    };

    const isShut = async (operation: Operation): Promise<boolean> =>
      operation.humanGate !== null && !(await authority.foresee(caller.admission.token.reveal(), operation)).allow;

    const named = parseRest(method, below, search, null);
    if (named.kind === "malformed") return await refuse(null, 400, named.reason);
    if (named.kind === "refused") return await refuseRow(named.operation, named.repository);
    if (named.kind === "unlisted") return await refuse(named.repository, null, "");
    const { repository } = named.call;
    const body = await readJson(exchange, limits);
    const parsed = body.ok ? parseRest(method, below, search, body.value) : null;
    // What is behind a human gate is refused as that, whatever its body says.
    const call = parsed?.kind === "call" ? parsed.call : (await isShut(named.call.operation)) ? named.call : null;
    if (call === null) {
      const [status, reason] = body.ok ? ([400, faultOf(parsed)] as const) : ([body.status, body.reason] as const);
      return await refuse(repository, status, reason);
    }
    const outcome = await forgeDoor.performForgeCall(caller, call, "rest");
    if (outcome.allowed) sendAnswer(response, outcome.result);
    else sendDenial(exchange, outcome.denial, repository);
  };
}

/** The path is a call's, so that only a body can be at fault. */
function faultOf(parsed: ParsedRest | null): string {
  return parsed?.kind === "malformed" ? parsed.reason : "the body cannot be read";
}

async function readJson({ request }: Exchange, limits: BrokerLimits): Promise<JsonBody> {
  if (request.method === "GET" || request.method === "HEAD") return { ok: true, value: undefined };
  const body = await readBody(request, limits.bodyBytes, limits.bodyMilliseconds);
  if (!body.ok) return body;
  if (body.bytes.length === 0) return { ok: true, value: undefined };
  const type = (request.headers["content-type"] ?? "application/json").toLowerCase();
  if (!/^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/u.test(type)) {
    return { ok: false, status: 415, reason: "a body must be application/json in UTF-8" };
  }
  const json = parseStrictJson(body.bytes);
  return json.ok ? json : { ok: false, status: 400, reason: json.reason };
}

function sendAnswer(response: ServerResponse, { status, body }: ForgeAnswer): void {
  if (body.kind === "json") sendJson(response, status, body.value);
  else if (body.kind === "text") send(response, status, body.type, body.text);
  else response.writeHead(status).end();
}

/** A denial as Bitbucket would answer it: another repository does not exist (attack 7); RFC 6750, section 3.1. */
function sendDenial({ request, response, caller }: Exchange, denial: Denial, repository: string | null): void {
  const message = explainDenial(denial);
  const { grant } = caller.admission;
  if (denial.gate === "repository") {
    const what = repository === null ? "Resource" : `Repository ${summarize(repository)}`;
    sendError(response, 404, `${what} not found. ${message}`);
  } else if (denial.gate === "token") {
    sendError(response, 401, message, {
      headers: { "www-authenticate": challenge(request, "invalid_token") },
    });
  } else if (denial.gate === "scope") {
    const required = denial.needs.scopes ?? [];
    sendError(response, 403, message, {
      detail: { required, granted: grant.scopes },
      headers: { "www-authenticate": challenge(request, "insufficient_scope", required) },
    });
  } else sendError(response, 403, message);
}
