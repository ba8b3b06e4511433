import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ReadableStream } from "node:stream/web";

import type { Gateway } from "../gateway/index.ts";
import { sendError, sendJson, type Route } from "./exchange.ts";
import type { BrokerLimits } from "./limits.ts";
import { readBody } from "./read-body.ts";

/** What a client may tell the gateway in headers, besides `Mcp-…`. Authorization is not among them (attack 4). */
const HEADERS: ReadonlySet<string> = new Set([
  "accept",
  "content-type",
  "host",
  "last-event-id",
  "origin",
  "user-agent",
]);

/** `/mcp`: the gateway, with its answers streamed as they come. It is the gateway that reads what is in a body. */
export function createMcpRoute(gateway: Gateway, limits: BrokerLimits): Route {
  return async ({ caller, request, response, path, signal }) => {
    const { method = "" } = request;
    if (path !== "/mcp") return sendError(response, 404, "The gateway is at /mcp.");
    if (method !== "POST" && method !== "GET" && method !== "DELETE") {
      return sendError(response, 405, "The gateway takes GET, POST and DELETE.", {
        headers: { allow: "GET, POST, DELETE" },
      });
    }
    let bytes: Buffer | null = null;
    if (method === "POST") {
      const body = await readBody(request, limits.bodyBytes, limits.bodyMilliseconds);
      if (!body.ok) return sendRpcError(response, body.status, body.reason);
      bytes = body.bytes;
    }
    // The address is fixed: the path was compared above, and the query has no meaning here. The body goes beside it: as
    // a stream of the request's own it would only be gathered again.
    const web = new Request("http://127.0.0.1:29418/mcp", { method, headers: headersFor(request), signal });
    await sendResponse(response, await gateway.handle(caller, web, bytes));
  };
}

function headersFor(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (typeof value === "string" && (HEADERS.has(name) || name.startsWith("mcp-"))) headers[name] = value;
  }
  return headers;
}

/** JSON-RPC's own shape for what could not be read (JSON-RPC 2.0, section 5.1). */
function sendRpcError(response: ServerResponse, status: number, reason: string): void {
  sendJson(response, status, {
    jsonrpc: "2.0",
    id: null,
    error: { code: -32_700, message: `Parse error: ${reason}.` },
  });
}

async function sendResponse(response: ServerResponse, web: Response): Promise<void> {
  const headers = Object.fromEntries(web.headers);
  if (response.destroyed) {
    await web.body?.cancel();
    return;
  }
  if (headers["content-type"]?.startsWith("text/event-stream") !== true) {
    // All of it is there already, and one write is a third of the cost of a stream's.
    const text = await web.text();
    if (text !== "") headers["content-length"] = String(Buffer.byteLength(text));
    if (!response.destroyed) response.writeHead(web.status, headers).end(text);
    return;
  }
  response.writeHead(web.status, headers);
  if (web.body === null) {
    response.end();
    return;
  }
  // Events must not wait for the first one to be sent with its head.
  response.flushHeaders();
  // The body of a Response is a stream of bytes (Fetch, "body"); its declared chunk type is `any`.
  const reader = (web.body as ReadableStream<Uint8Array>).getReader();
  response.once("close", () => void reader.cancel().catch(() => {}));
  for (;;) {
    const { done, value } = await reader.read();
    if (done || response.destroyed) break;
    if (!response.write(value)) await Promise.race([once(response, "drain"), once(response, "close")]);
  }
  response.end();
}
