import type { IncomingMessage, ServerResponse } from "node:http";

import type { Caller } from "../gateway/index.ts";

/** One request of a door, with the answer to write. */
export type Exchange = {
  /** Known from the door alone; nothing in the request says who asks (attack 4). */
  readonly caller: Caller;
  readonly trustedCommit: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The path as sent, never normalised, so that what was judged is what was named. */
  readonly path: string;
  /** The query as sent, without the question mark. */
  readonly query: string;
  /** Aborted when the client went away or the door closes. */
  readonly signal: AbortSignal;
};

/** Answers one kind of request, in full. What it throws is a fault of the machine: the client sees a fixed sentence. */
export type Route = (exchange: Exchange) => Promise<void>;

type Headers = Readonly<Record<string, string>>;

/** Sends text as the whole answer. */
export function sendText(response: ServerResponse, status: number, text: string, headers: Headers = {}): void {
  send(response, status, "text/plain; charset=utf-8", text, headers);
}

/** Sends a value as JSON, as the whole answer. */
export function sendJson(response: ServerResponse, status: number, value: unknown, headers: Headers = {}): void {
  send(response, status, "application/json; charset=utf-8", JSON.stringify(value), headers);
}

/** Sends an error in Bitbucket's shape (https://developer.atlassian.com/cloud/bitbucket/rest/intro/#standardized-error-responses). */
export function sendError(
  response: ServerResponse,
  status: number,
  message: string,
  options: { readonly detail?: unknown; readonly headers?: Headers } = {},
): void {
  const { detail, headers } = options;
  sendJson(
    response,
    status,
    { type: "error", error: { message, ...(detail === undefined ? {} : { detail }) } },
    headers,
  );
}

/** Sends a body of a known type as the whole answer. */
export function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | Buffer,
  headers: Headers = {},
): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    "content-type": type,
    "content-length": String(Buffer.byteLength(body)),
    "x-content-type-options": "nosniff",
    // The rest of that body may never come.
    ...(status === 408 ? { connection: "close" } : {}),
    ...headers,
  });
  response.end(body);
}
