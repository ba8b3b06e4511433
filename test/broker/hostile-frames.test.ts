import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { limitBody } from "../../src/broker/read-body.ts";
import { ask, buildHouse, decisionsOf, sendRaw, type House } from "./harness.ts";

const COMMENTS = "/2.0/repositories/demo/shop/pullrequests/1/comments";
const SCOPES = ["read:pullrequest:bitbucket", "read:repository:bitbucket", "write:pullrequest:bitbucket"] as const;
const JSON_TYPE = { "content-type": "application/json" };

let house: House;
let port: number;
beforeEach(async () => {
  house = buildHouse({
    limits: {
      headersMilliseconds: 300,
      requestMilliseconds: 2000,
      bodyMilliseconds: 300,
      connections: 64,
      requests: 16,
    },
  });
  ({ port } = await house.open({ scopes: SCOPES }));
});
afterEach(async () => {
  // Whatever was sent, the broker answers the next request, nothing reached the forge, and nobody blames the machine.
  expect(await ask(port, "GET", "/2.0/repositories/demo/shop")).toMatchObject({ status: 200 });
  expect(house.calls.map(({ operation }) => operation.id)).toEqual(["repository.get"]);
  expect(house.faults).toEqual([]);
  await house[Symbol.asyncDispose]();
});

describe("attack 35: bodies that two readers would read differently, or none at all", () => {
  test.each([
    ["a duplicate key", '{"content":{"raw":"a","raw":"b"}}', JSON_TYPE, 400],
    ["deep nesting", `{"content":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, JSON_TYPE, 400],
    ["invalid UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), JSON_TYPE, 400],
    ["a body that is cut off", '{"content":', JSON_TYPE, 400],
    ["another type", "content=x", { "content-type": "application/x-www-form-urlencoded" }, 415],
    ["another character set", "{}", { "content-type": "application/json; charset=utf-16" }, 415],
    ["2 MiB", JSON.stringify({ content: { raw: "x".repeat(2 << 20) } }), JSON_TYPE, 413],
    ["30 MiB", Buffer.alloc(30 << 20, 0x20), JSON_TYPE, 413],
  ])("%s", async (_what, body, headers, status) => {
    expect(await ask(port, "POST", COMMENTS, { body, headers })).toMatchObject({ status });
    expect(decisionsOf(house.records)).toEqual(["request.unlisted human-gate"]);
  });

  test("what is left of a refused body is not the next request", async () => {
    const body = `GET /2.0/x HTTP/1.1\r\n\r\n`.repeat(80_000);
    const answers = await sendRaw(
      port,
      `POST ${COMMENTS} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: ${body.length}\r\n\r\n${body}` +
        `GET /nothing HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`,
    );
    expect(answers.match(/HTTP\/1\.1 \d+/gu)).toEqual(["HTTP/1.1 413", "HTTP/1.1 404"]);
  });

  test("over MCP", async () => {
    const headers = { ...JSON_TYPE, accept: "application/json, text/event-stream" };
    for (const body of [
      '{"jsonrpc":"2.0","jsonrpc":"2.0"}',
      "[".repeat(1000),
      Buffer.from([0xff]),
      "x".repeat(2 << 20),
    ]) {
      const answer = await ask(port, "POST", "/mcp", { body, headers });
      expect([400, 413]).toContain(answer.status);
    }
  });
});

describe("attack 35: heads that smuggle", () => {
  const post = `POST ${COMMENTS} HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nContent-Type: application/json\r\n`;
  const smuggled = "GET /2.0/repositories/demo/shop/smuggled HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n";
  test.each([
    ["both lengths", `${post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`, 400],
    ["two lengths", `${post}Content-Length: 0\r\nContent-Length: 4\r\n\r\nabcd`, 400],
    ["a length with a sign", `${post}Content-Length: +4\r\n\r\nabcd`, 400],
    ["an unknown coding", `${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`, 400],
    ["a space before the colon", `${post}Content-Length : 4\r\n\r\nabcd`, 400],
    ["a folded header", `${post}X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n`, 400],
    ["bare line feeds", `GET /2.0/x HTTP/1.1\nHost: 127.0.0.1:PORT\n\n`, 400],
    ["a NUL in a header", `GET /2.0/x HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nX-A: a\0b\r\n\r\n`, 400],
    ["a bad chunk", `${post}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
    ["no Host", `GET /2.0/x HTTP/1.1\r\n\r\n`, 400],
    [
      "two Hosts",
      `GET /2.0/x HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nHost: evil.example\r\nConnection: close\r\n\r\n`,
      400,
    ],
    ["a space in the path", `GET /2.0/a b HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n`, 400],
    ["raw bytes in the path", `GET /2.0/\xe4 HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nConnection: close\r\n\r\n`, 400],
    ["an asterisk", `OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nConnection: close\r\n\r\n`, 400],
    ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
    ["TLS", "\x16\x03\x01\x02\x00\x01\x00", 400],
    ["20 KiB of head", `GET /2.0/x HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nX-A: ${"a".repeat(20_000)}\r\n\r\n`, 431],
    [
      "300 headers",
      `GET /2.0/x HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nConnection: close\r\n${"X-A: b\r\n".repeat(300)}\r\n`,
      431,
    ],
  ])("%s", async (_what, text, status) => {
    const answer = await sendRaw(port, Buffer.from(text.replaceAll("PORT", String(port)), "latin1"));
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `, "u"));
    expect(answer).not.toContain("smuggled");
  });
});

describe("attack 35: clients that take their time", () => {
  test("half a head is given up", async () => {
    const answer = await sendRaw(port, "GET /2.0/x HTT");
    expect(answer).toMatch(/^HTTP\/1\.1 408 /u);
  });

  test("a body that does not come is given up, and on record", async () => {
    const answer = await sendRaw(
      port,
      `POST ${COMMENTS} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 408 /u);
    expect(decisionsOf(house.records)).toEqual(["request.unlisted human-gate"]);
  });

  test("2,000 half-open connections", async () => {
    const sockets: Socket[] = [];
    const closed = Array.from({ length: 2000 }, () => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {});
      sockets.push(socket);
      socket.on("connect", () => socket.write("GET /2.0/x HTTP/1.1\r\nHo"));
      socket.resume();
      return new Promise<void>((resolve) => socket.once("close", () => resolve()));
    });
    // Those over the limit are dropped at once, the others when their head does not come.
    await Promise.all(closed);
  });

  test("more connections than a door takes are dropped, and those within the limit live on", async () => {
    const patient = buildHouse({ limits: { connections: 3 } });
    const door = await patient.open();
    const sockets = Array.from({ length: 4 }, () =>
      connect(door.port, "127.0.0.1")
        .on("error", () => {})
        .resume(),
    );
    const [first] = await Promise.race(sockets.map((socket) => once(socket, "close").then(() => [socket])));
    expect(sockets.filter((socket) => socket.closed)).toEqual([first]);
    for (const socket of sockets) socket.destroy();
    await expect
      .poll(() => ask(door.port, "GET", "/2.0/repositories/demo/shop").catch(() => ({ status: 0 })))
      .toMatchObject({ status: 200 });
    await patient[Symbol.asyncDispose]();
  });

  test("more requests at once than a door takes", async () => {
    const one = `POST ${COMMENTS} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n`;
    const answers = await Promise.all(Array.from({ length: 30 }, () => sendRaw(port, one)));
    const count = (status: string) => answers.filter((answer) => answer.startsWith(`HTTP/1.1 ${status}`)).length;
    expect([count("408"), count("503")]).toEqual([16, 14]);
  });

  test("one item at its limit takes nothing from another", async () => {
    const one = `POST ${COMMENTS} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 10\r\n\r\n`;
    const held = Array.from({ length: 64 }, () =>
      connect(port, "127.0.0.1", function (this: Socket) {
        this.write(one);
      })
        .on("error", () => {})
        .resume(),
    );
    await Promise.all(held.map((socket) => once(socket, "connect")));
    const other = await house.open({ scopes: ["read:repository:bitbucket"] });
    expect(await ask(other.port, "GET", "/nothing")).toMatchObject({ status: 404 });
    for (const socket of held) socket.destroy();
    await expect.poll(() => ask(port, "GET", "/nothing").catch(() => ({ status: 0 }))).toMatchObject({ status: 404 });
  });

  test("requests sent at once on one connection are answered in their order", async () => {
    const one = (path: string) => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`;
    const answers = await sendRaw(
      port,
      `${one("/nothing")}\r\n${one("/2.0/unlisted")}\r\n${one("/pkg/npm")}Upgrade: websocket\r\n\r\n${one("/mcp/x")}Connection: close\r\n\r\n`,
    );
    expect(answers.match(/HTTP\/1\.1 \d+/gu)).toEqual(["HTTP/1.1 404", "HTTP/1.1 403", "HTTP/1.1 403", "HTTP/1.1 404"]);
  });

  test("a client that hangs up in the middle of its body", async () => {
    const socket = connect(port, "127.0.0.1");
    socket.write(`POST ${COMMENTS} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 10\r\n\r\n{`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.resetAndDestroy();
    await expect.poll(() => house.records[0]?.attempt.summary).toContain("ended early");
  });
});

test("attack 35: a client that asks for large answers and reads none has one of them waiting, not all", async () => {
  const large = { kind: "text", type: "text/plain", text: "x".repeat(16 * 1024 * 1024) } as const;
  const generous = buildHouse({ script: { call: async () => ({ status: 200, body: large }) } });
  const door = await generous.open({ scopes: ["read:repository:bitbucket"] });
  const socket = connect(door.port, "127.0.0.1").on("error", () => {});
  socket.pause();
  socket.write(`GET /2.0/repositories/demo/shop HTTP/1.1\r\nHost: 127.0.0.1:${door.port}\r\n\r\n`.repeat(10));
  for (let count = 0; count < 50; count += 1) await ask(door.port, "GET", "/nothing");
  expect(generous.records).toHaveLength(1);
  // And the others come as it reads.
  socket.resume();
  await expect.poll(() => generous.records.length, { timeout: 10_000 }).toBe(10);
  socket.destroy();
  await generous[Symbol.asyncDispose]();
});

test("attack 35: a body that breaks off after its reader let go harms nobody", async () => {
  const body = new PassThrough();
  const limited = limitBody(body, 10);
  limited.destroy(new Error("let go"));
  body.destroy();
  await once(body, "close");
});

test("attack 35: a body that breaks off is not taken for a whole one", async () => {
  const body = new PassThrough();
  const limited = limitBody(body, 10);
  body.write("half");
  body.destroy();
  await expect(text(limited)).rejects.toMatchObject({ code: "ERR_STREAM_PREMATURE_CLOSE" });
});
