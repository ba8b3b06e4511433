import type { IncomingMessage, ServerResponse } from "node:http";
import type { Server, Socket } from "node:net";

import type { Caller } from "../gateway/index.ts";
import type { ProxyAnswer, ProxyTarget } from "./answer-as-proxy.ts";
import { isClientLeft } from "./client-left.ts";
import { sendError, type Route } from "./exchange.ts";
import type { BrokerLimits } from "./limits.ts";
import { readHead } from "./read-head.ts";

// Not an import: that reads each export of the module, and one of them loads undici, which takes as long as Node itself.
const { createServer } = process.getBuiltinModule("node:http");

/** A door that is being answered. */
export type DoorService = {
  /** Drops every connection, and resolves when no request is in progress. Idempotent. */
  close(): Promise<void>;
};

/** Who is behind a door, and what answers. */
export type DoorOptions = {
  readonly caller: Caller;
  readonly trustedCommit: string;
  readonly limits: BrokerLimits;
  readonly onFault: (fault: unknown, where: string) => void;
  readonly route: Route;
  readonly connect: (target: ProxyTarget) => Promise<ProxyAnswer>;
};

const FAULT = "The broker failed at this request; the person who runs the pipeline finds the cause in the run's log.";

/** Speaks HTTP/1.1 with whoever connects to `door`, within limits, so that a client harms nobody but itself (attack 35). */
export function serveDoor(door: Server, options: DoorOptions): DoorService {
  const { limits, onFault } = options;
  const http = createServer({
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMilliseconds,
    requestTimeout: limits.requestMilliseconds,
    // Longer than clients keep an idle connection, so that none is closed just as it is used again.
    keepAliveTimeout: 120_000,
    connectionsCheckingInterval: Math.min(1000, limits.headersMilliseconds),
    requireHostHeader: true,
    insecureHTTPParser: false,
  });
  const sockets = new Set<Socket>();
  const running = new Set<Promise<void>>();
  const turns = new WeakMap<Socket, Promise<void>>();
  const closing = new AbortController();
  let hosts: readonly string[] = [];

  function accept(socket: Socket): void {
    // A connection that breaks is the client's matter; without a listener it would end the process.
    socket.on("error", () => socket.destroy());
    if (closing.signal.aborted || sockets.size >= limits.connections) {
      socket.destroy();
      return;
    }
    if (hosts.length === 0) hosts = ownHosts(door);
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.setNoDelay(true);
    http.emit("connection", socket);
  }

  function start(work: Promise<void>): void {
    running.add(work);
    void work.finally(() => running.delete(work));
  }

  /**
   * Requests that a client sends at once on one connection are done one after the other, since a later one may build on an
   * earlier one (RFC 9112, section 9.3.2), and not at all once the client is gone.
   */
  function takeTurn(request: IncomingMessage, response: ServerResponse): void {
    if (running.size >= limits.requests) {
      sendError(response, 503, "Too many requests at once.");
      return;
    }
    const { socket } = request;
    const before = turns.get(socket);
    const work =
      before === undefined
        ? answer(request, response)
        : before.then(() => (socket.destroyed ? undefined : answer(request, response)));
    turns.set(socket, work);
    start(work);
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const client = new AbortController();
    response.on("error", () => client.abort());
    response.once("close", () => {
      if (!response.writableFinished) client.abort();
    });
    try {
      const head = readHead(request, hosts, limits);
      if (head.kind === "refused") return sendError(response, head.status, head.message);
      if (head.kind === "proxy") {
        const { status, message } = await options.connect(head.target);
        return sendError(response, status, message);
      }
      const { caller, trustedCommit } = options;
      const { path, query } = head;
      await options.route({ caller, trustedCommit, request, response, path, query, signal: client.signal });
    } catch (error) {
      if (isClientLeft(error, client.signal)) return;
      onFault(error, `${request.method ?? ""} ${(request.url ?? "").split("/", 2).join("/")}`);
      if (response.headersSent) response.destroy();
      else sendError(response, 500, FAULT);
    } finally {
      // What was not read of the body is thrown away: the client may read the answer only once it has sent it all.
      request.unpipe().resume();
    }
    await untilSent(response);
  }

  async function answerConnect(request: IncomingMessage, socket: Socket): Promise<void> {
    try {
      if (running.size >= limits.requests) return endWith(socket, 503, "Too many requests at once.");
      const target = { method: "CONNECT", target: request.url ?? "", host: request.headers.host };
      const { status, message } = await options.connect(target);
      endWith(socket, status, message);
    } catch (error) {
      onFault(error, "CONNECT");
      endWith(socket, 500, FAULT);
    }
  }

  // All headers are counted in readHead; node would drop the surplus without a word.
  http.maxHeadersCount = 0;
  http.on("request", (request, response) => takeTurn(request, response));
  // The http server hands over the very socket that it was given.
  http.on("connect", (request, socket) => start(answerConnect(request, socket as Socket)));
  // It does not listen itself; this starts its watch over slow heads and bodies, which waits for that event.
  http.emit("listening");
  door.on("connection", accept);

  return {
    async close() {
      closing.abort();
      // `accept` stays and drops what still connects. The server never listened, so the error that close reports is none.
      http.close(() => {});
      for (const socket of sockets) socket.destroy();
      await Promise.allSettled(running);
    },
  };
}

/**
 * Resolves when the kernel has all of an answer, or there is nobody for it. Until then the request is in progress: a client
 * that asks for large files and reads none would else have the broker hold them all (attack 35).
 */
function untilSent(response: ServerResponse): Promise<void> {
  if (response.writableFinished || response.destroyed || !response.writableEnded) return Promise.resolve();
  return new Promise((resolve) => {
    response.once("finish", resolve);
    response.once("close", resolve);
  });
}

/** A door listens on 127.0.0.1:29418 of its box; the port is read from the door itself. */
function ownHosts(door: Server): readonly string[] {
  const address = door.address();
  const port = typeof address === "object" && address !== null ? address.port : 29_418;
  return [`127.0.0.1:${port}`, `localhost:${port}`];
}

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
};

/** A whole answer on a socket that HTTP has let go of, as `CONNECT` leaves it. */
function endWith(socket: Socket, status: number, message: string): void {
  const body = JSON.stringify({ type: "error", error: { message } });
  socket.setTimeout(5000, () => socket.destroy());
  socket.resume();
  socket.end(
    `HTTP/1.1 ${status} ${REASONS[status] ?? ""}\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
