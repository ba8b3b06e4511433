import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { Secret } from "../../src/base/index.ts";
import { MASK } from "../../src/secrets/index.ts";
import {
  ask,
  begin,
  buildHouse,
  decisionsOf,
  json,
  listen,
  sendRaw,
  type House,
  type HouseOptions,
} from "./harness.ts";

const KEY = "sk-ant-api03-0123456789abcdef";
const MESSAGES = "/model/anthropic/v1/messages";

type Upstream = (request: IncomingMessage, response: ServerResponse) => void;

let house: House;
let server: Server;
let answerUpstream: Upstream;
let seen: IncomingMessage[];
let address: string;
beforeEach(async () => {
  seen = [];
  answerUpstream = (_request, response) => response.end("{}");
  server = createServer((request, response) => {
    seen.push(request);
    answerUpstream(request, response);
  });
  address = `http://127.0.0.1:${await listen(server)}`;
});
afterEach(async () => {
  await house[Symbol.asyncDispose]();
  server.closeAllConnections();
  server.close();
});

async function openDoor(key: string | null = KEY, options: HouseOptions = {}): Promise<number> {
  const credential = () => Promise.resolve(key === null ? null : new Secret(key));
  house = buildHouse({
    models: {
      anthropic: { style: "anthropic", baseUrl: address, credential },
      openai: { style: "openai", baseUrl: `${address}/proxy/`, credential },
    },
    ...options,
  });
  const door = await house.open({ models: ["anthropic", "openai"] });
  return door.port;
}

describe("the key goes up and nothing else of the agent's identity does", () => {
  test.each([
    ["anthropic", MESSAGES, KEY, "/v1/messages", { "x-api-key": KEY }],
    ["a subscription", MESSAGES, "sk-ant-oat01-abc", "/v1/messages", { authorization: "Bearer sk-ant-oat01-abc" }],
    ["openai", "/model/openai/v1/responses", "sk-x", "/proxy/v1/responses", { authorization: "Bearer sk-x" }],
  ])("%s", async (_style, path, key, url, auth) => {
    const port = await openDoor(key);
    const answer = await ask(port, "POST", `${path}?beta=true`, {
      body: '{"model":"m"}',
      headers: {
        "content-type": "application/json",
        "anthropic-version": "2023-06-01",
        authorization: "Bearer agent",
        "x-api-key": "agent",
        cookie: "a=agent",
        "proxy-authorization": "Basic agent",
        forwarded: "for=agent",
        "x-forwarded-for": "agent",
        via: "1.1 agent",
        te: "trailers",
        connection: "keep-alive, x-hop",
        "x-hop": "agent",
        "accept-encoding": "gzip",
      },
    });
    expect(answer).toMatchObject({ status: 200, body: "{}" });
    expect(seen[0]).toMatchObject({ url: `${url}?beta=true`, method: "POST" });
    expect(seen[0]?.headers).toMatchObject({ ...auth, "accept-encoding": "identity" });
    expect(JSON.stringify(seen[0]?.rawHeaders)).not.toContain("agent");
    expect(decisionsOf(house.records)).toEqual(["model.call allow"]);
  });

  test.each([
    ["POST", "/model/anthropic/v1/messages/batches"],
    ["POST", "/model/anthropic/v1/files"],
    ["GET", "/model/anthropic/v1/messages"],
    ["POST", "/model/anthropic/v1/../v1/messages"],
    ["POST", "/model/anthropic/v1/messages/"],
    ["POST", "/model/anthropic/v1%2fmessages"],
    ["POST", "/model/openai/v1/files"],
    ["DELETE", "/model/openai/v1/responses"],
    ["CONNECT-LIKE", "/model/anthropic/v1/messages"],
  ])("attack 43: %s %s is not asked of a provider", async (method, path) => {
    const port = await openDoor();
    const answer = await ask(port, method === "CONNECT-LIKE" ? "PATCH" : method, path);
    expect(answer).toMatchObject({ status: 403, body: expect.stringContaining("not in the table") });
    expect(decisionsOf(house.records)).toEqual(["request.unlisted human-gate"]);
    expect(seen).toEqual([]);
  });

  test("an item without that model is refused", async () => {
    await openDoor();
    const { port } = await house.open({ models: [] });
    expect(await ask(port, "POST", MESSAGES, json({}))).toMatchObject({ status: 403 });
    expect(await ask(port, "POST", "/model/other/v1/messages", json({}))).toMatchObject({ status: 403 });
    expect(decisionsOf(house.records)).toEqual(["model.call model", "model.call model"]);
    expect(seen).toEqual([]);
  });

  test.each(["/model", "/model/", "/model/anthropic", "/model/anthropic/", "/model/An%74hropic/v1/messages"])(
    "%s is nothing, and no attempt at anything",
    async (path) => {
      const port = await openDoor();
      expect(await ask(port, "HEAD", path)).toMatchObject({ status: 404, body: "" });
      expect(house.records).toEqual([]);
      expect(seen).toEqual([]);
    },
  );

  test("no key: the answer says who has to do what", async () => {
    const port = await openDoor(null);
    const answer = await ask(port, "POST", MESSAGES, json({}));
    expect(answer).toMatchObject({ status: 403, body: expect.stringContaining("sallyport login anthropic") });
    expect(seen).toEqual([]);
  });
});

describe("attack 1: the key never comes back", () => {
  test.each([
    ["in an error", 401, {}, `{"error":{"message":"invalid x-api-key ${KEY}"}}`],
    ["in an answer, twice", 200, {}, `${KEY} and ${KEY}`],
    ["in a safe header", 400, { "request-id": `req ${KEY}` }, "{}"],
    [
      "in another header",
      200,
      { "x-echo": KEY, "set-cookie": `key=${KEY}`, server: "inner", "anthropic-organization-id": "org" },
      "{}",
    ],
    ["in a compressed answer", 200, { "content-encoding": "gzip" }, KEY],
    ["in a redirection", 302, { location: `http://127.0.0.1/?${KEY}` }, KEY],
  ])("%s", async (_where, status, headers, body) => {
    answerUpstream = (_request, response) => response.writeHead(status, headers).end(body);
    const port = await openDoor();
    const answer = await ask(port, "POST", MESSAGES, json({}));
    expect(JSON.stringify(answer)).not.toContain(KEY);
    const known = [
      "connection",
      "content-length",
      "content-type",
      "date",
      "keep-alive",
      "transfer-encoding",
      "x-content-type-options",
    ];
    expect(Object.keys(answer.headers).filter((name) => !known.includes(name))).toEqual([]);
    expect(answer.status).toBe("location" in headers || "content-encoding" in headers ? 502 : status);
    if (body.includes(KEY) && answer.status !== 502) expect(answer.body).toContain(MASK);
  });

  test("cut at every place", async () => {
    for (let cut = 1; cut < KEY.length; cut += 5) {
      answerUpstream = (_request, response) => {
        response.write(`a${KEY.slice(0, cut)}`);
        setTimeout(() => response.end(`${KEY.slice(cut)}b${KEY.slice(0, 9)}`), 20);
      };
      const port = await openDoor();
      expect((await ask(port, "POST", MESSAGES, json({}))).body).toBe(`a${MASK}b${KEY.slice(0, 9)}`);
      if (cut + 5 < KEY.length) await house[Symbol.asyncDispose]();
    }
  });

  test("a provider that cannot be reached is one clear error, with the cause inside only", async () => {
    answerUpstream = (request) => request.socket.destroy();
    const port = await openDoor();
    const answer = await ask(port, "POST", MESSAGES, json({}));
    expect(answer.status).toBe(502);
    expect(JSON.parse(answer.body)).toEqual({
      type: "error",
      error: { type: "api_error", message: "The model provider anthropic could not be reached." },
    });
    expect(house.faults).toHaveLength(1);
  });
});

describe("streaming", () => {
  test("an event arrives before the next one is made", async () => {
    const rest = Promise.withResolvers<void>();
    answerUpstream = (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: 1\n\n");
      void rest.promise.then(() => response.end("data: 2\n\n"));
    };
    const port = await openDoor();
    const response = await begin(port, "POST", MESSAGES, json({ stream: true }));
    expect(response.headers["content-type"]).toBe("text/event-stream");
    const [first] = (await once(response, "data")) as [Buffer];
    expect(first.toString()).toBe("data: 1\n\n");
    rest.resolve();
    expect(await text(response)).toBe("data: 2\n\n");
  });

  test("a client that hangs up ends the call upstream", async () => {
    const gone = Promise.withResolvers<void>();
    answerUpstream = (_request, response) => {
      response.on("close", () => gone.resolve());
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: 1\n\n");
    };
    const port = await openDoor();
    const response = await begin(port, "POST", MESSAGES, json({ stream: true }));
    response.destroy();
    await gone.promise;
    expect(house.faults).toEqual([]);
  });

  test("so does a client that hangs up before the answer, and a door that closes", async () => {
    const gone = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const asked = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    answerUpstream = (_request, response) => {
      const index = seen.length - 1;
      response.on("close", () => gone[index]?.resolve());
      asked[index]?.resolve();
    };
    await openDoor();
    const first = await house.open({ models: ["anthropic"] });
    const controller = new AbortController();
    const body = json({});
    const options = {
      method: "POST",
      headers: body.headers,
      body: body.body,
      signal: controller.signal,
    } as RequestInit;
    const hangsUp = fetch(`http://127.0.0.1:${first.port}${MESSAGES}`, options).catch(() => "gone");
    await asked[0]?.promise;
    controller.abort();
    await gone[0]?.promise;
    expect(await hangsUp).toBe("gone");
    const cutOff = ask(first.port, "POST", MESSAGES, body).catch(() => "gone");
    await asked[1]?.promise;
    await first.close();
    await gone[1]?.promise;
    expect(await cutOff).toBe("gone");
  });

  test("attack 35: requests sent at once on one connection wait for their turn, and end with it", async () => {
    const asked = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    answerUpstream = (_request, response) => {
      response.on("close", () => gone.resolve());
      response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
      asked.resolve();
    };
    await openDoor();
    const door = await house.open({ models: ["anthropic"] });
    const one = `POST ${MESSAGES} HTTP/1.1\r\nHost: 127.0.0.1:${door.port}\r\nContent-Length: 2\r\n\r\n{}`;
    const socket = connect(door.port, "127.0.0.1").on("error", () => {});
    socket.write(one.repeat(20));
    await asked.promise;
    socket.destroy();
    await gone.promise;
    await door.close();
    expect(seen).toHaveLength(1);
    expect(decisionsOf(house.records)).toEqual(["model.call allow"]);
    expect(house.faults).toEqual([]);
  });

  test("attack 35: a request larger than a model takes", async () => {
    answerUpstream = (request, response) =>
      void text(request).then(
        () => response.end("{}"),
        () => {},
      );
    const port = await openDoor(KEY, { limits: { modelBodyBytes: 1000 } });
    expect(await ask(port, "POST", MESSAGES, json("x".repeat(8 << 20)))).toMatchObject({ status: 413 });
    expect(seen).toEqual([]);
    const head = `POST ${MESSAGES} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\nContent-Length: 1001\r\n\r\n`;
    expect(await sendRaw(port, head)).toMatch(/^HTTP\/1\.1 413 /u);
    const chunked = { headers: { "transfer-encoding": "chunked" }, body: "x".repeat(8 << 20) };
    expect(await ask(port, "POST", MESSAGES, chunked)).toMatchObject({ status: 413 });
    expect(await ask(port, "POST", MESSAGES, json({}))).toMatchObject({ status: 200 });
  });
});
