import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";

import type { Dispatcher } from "undici";

import type { Authority } from "../authority/index.ts";
import type { Secret } from "../base/index.ts";
import { operationById } from "../policy/index.ts";
import { createMaskingStream } from "../secrets/index.ts";
import { isClientLeft } from "./client-left.ts";
import { explainDenial, summarize } from "./denial.ts";
import { sendJson, type Exchange, type Route } from "./exchange.ts";
import type { BrokerLimits } from "./limits.ts";
import { MODEL_STYLES, type ModelEndpoint, type StyleRules } from "./model-styles.ts";
import { BodyTooLarge, limitBody } from "./read-body.ts";
import { recordUnlisted } from "./record-unlisted.ts";

/** What the model route is made of. */
export type ModelParts = {
  readonly authority: Authority;
  readonly models: Readonly<Record<string, ModelEndpoint>>;
  /** Connects at the first call. */
  readonly upstream: () => Promise<Dispatcher>;
  readonly limits: BrokerLimits;
  readonly onFault: (fault: unknown, where: string) => void;
};

type Call = { readonly provider: string; readonly path: string; readonly exchange: Exchange };

/** `/model/<provider>/…`: the provider's API. The key is added here; the agent never has it. */
export function createModelRoute(parts: ModelParts): Route {
  const { authority, models } = parts;
  return async (exchange) => {
    const { caller, request, response, path } = exchange;
    const match = /^\/model\/(?<provider>[a-z0-9-]{1,64})(?<path>\/.+)$/u.exec(path)?.groups;
    // Clients look whether anything is at their base address; that is no attempt at anything.
    if (match === undefined) return sendModelError(response, 404, "not_found_error", "Nothing is at this address.");
    const { provider = "", path: below = "" } = match;
    const endpoint = Object.hasOwn(models, provider) ? models[provider] : undefined;
    const asked = `${request.method ?? ""} ${below}`;
    if (endpoint !== undefined && !MODEL_STYLES[endpoint.style].requests.has(asked)) {
      const summary = `${request.method ?? ""} ${path}`;
      const denial = await recordUnlisted(authority, caller, { door: "model", repository: null, summary });
      return sendModelError(response, 403, "permission_error", explainDenial(denial));
    }
    const outcome = await authority.perform(
      caller.admission.token.reveal(),
      {
        operation: operationById("model.call"),
        resource: { repository: null, arguments: {}, model: provider },
        door: "model",
        summary: summarize(`model ${provider} ${below}`),
      },
      () => callModel(parts, endpoint, { provider, path: below, exchange }),
    );
    if (!outcome.allowed) sendModelError(response, 403, "permission_error", explainDenial(outcome.denial));
  };
}

async function callModel(parts: ModelParts, endpoint: ModelEndpoint | undefined, call: Call): Promise<void> {
  const { provider, exchange } = call;
  const { request, response } = exchange;
  const credential = (await endpoint?.credential()) ?? null;
  if (endpoint === undefined || credential === null || credential.reveal() === "") {
    const message = `There is no key for ${provider}; a person runs: sallyport login ${provider}`;
    return sendModelError(response, 403, "permission_error", message);
  }
  if (Number(request.headers["content-length"] ?? 0) > parts.limits.modelBodyBytes) {
    return sendModelError(response, 413, "request_too_large", "The request is too large for a model.");
  }
  try {
    await forward(parts, endpoint, credential, call);
  } catch (error) {
    if (error instanceof BodyTooLarge) {
      return sendModelError(response, 413, "request_too_large", "The request is too large for a model.");
    }
    if (isClientLeft(error, exchange.signal)) throw error;
    // The cause may quote what was sent, so the box hears a fixed sentence.
    parts.onFault(error, `model ${provider}`);
    if (response.headersSent) response.destroy();
    else sendModelError(response, 502, "api_error", `The model provider ${provider} could not be reached.`);
  }
}

/** Streams the request up and the answer down, both with back-pressure; the key is in neither. */
async function forward(
  { upstream, limits }: ModelParts,
  endpoint: ModelEndpoint,
  credential: Secret,
  call: Call,
): Promise<void> {
  const { path, exchange } = call;
  const { request, response, query, signal } = exchange;
  const key = credential.reveal();
  const rules = MODEL_STYLES[endpoint.style];
  const base = new URL(endpoint.baseUrl);
  const answer = await (
    await upstream()
  ).request({
    origin: base.origin,
    path: `${base.pathname.replace(/\/$/u, "")}${path}${query === "" ? "" : `?${query}`}`,
    method: request.method === "POST" ? "POST" : "GET",
    headers: { ...passedHeaders(request.headers, rules), ...rules.authHeaders(key) },
    body: request.method === "POST" ? limitBody(request, limits.modelBodyBytes) : null,
    signal,
  });
  // Letting go of a body is an error event too, and one without a listener would end the broker.
  answer.body.on("error", () => {});
  if (answer.statusCode >= 300 && answer.statusCode < 400) {
    answer.body.destroy();
    return sendModelError(response, 502, "api_error", "The model provider answered with a redirection.");
  }
  // Compressed bytes could hide an echo of the key from the mask; identity was asked for.
  if (answer.headers["content-encoding"] !== undefined) {
    answer.body.destroy();
    return sendModelError(
      response,
      502,
      "api_error",
      "The model provider answered in an encoding that was not asked for.",
    );
  }
  response.writeHead(answer.statusCode, answerHeaders(answer.headers, key));
  response.flushHeaders();
  await pipeline(answer.body, createMaskingStream([credential]), response);
}

const PASSED: ReadonlySet<string> = new Set(["content-type", "content-length", "accept", "user-agent"]);

/** An allow-list, so that no header of the agent's reaches the provider as a credential, a hop or a forwarder. */
function passedHeaders(headers: IncomingHttpHeaders, rules: StyleRules): Record<string, string> {
  const passed: Record<string, string> = { "accept-encoding": "identity" };
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === "string" && (PASSED.has(name) || rules.headers.has(name))) passed[name] = value;
  }
  return passed;
}

const ANSWERED =
  /^(?:content-type|retry-after|retry-after-ms|x-should-retry|request-id|x-request-id|anthropic-ratelimit-[a-z-]+|x-ratelimit-[a-z-]+)$/u;

function answerHeaders(headers: IncomingHttpHeaders, key: string): Record<string, string> {
  const answered: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === "string" && ANSWERED.test(name) && !value.includes(key)) answered[name] = value;
  }
  return answered;
}

/** An error that both families of clients read: `{type, error: {type, message}}`. */
function sendModelError(response: ServerResponse, status: number, type: string, message: string): void {
  sendJson(response, status, { type: "error", error: { type, message } });
}
