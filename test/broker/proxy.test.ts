import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { parseDestination } from "../../src/broker/destination.ts";
import { ask, buildHouse, decisionsOf, sendRaw, type House } from "./harness.ts";

let house: House;
beforeEach(() => {
  house = buildHouse();
});
afterEach(() => house[Symbol.asyncDispose]());

describe("the grammar of a destination", () => {
  test.each([
    ["collector.example:443", "collector.example:443"],
    ["Collector.EXAMPLE:443", "collector.example:443"],
    ["localhost:1", "localhost:1"],
    ["xn--bcher-kva.example:65535", "xn--bcher-kva.example:65535"],
    ["10.0.0.1:22", "10.0.0.1:22"],
    ["[::1]:443", "[::1]:443"],
  ])("%s is %s", (authority, destination) => {
    expect(parseDestination(authority)).toEqual({ ok: true, destination });
  });

  test.each([
    ["attacker.example\0.allowed.example:443"],
    ["host.example.:443"],
    ["host..example:443"],
    ["-host.example:443"],
    ["host_name.example:443"],
    ["bücher.example:443"],
    ["user@host.example:443"],
    ["host.example"],
    ["host.example:0443"],
    ["host.example:0"],
    ["host.example:65536"],
    ["host.example:443:443"],
    ["host.example:443/path"],
    ["0x7f.1:443"],
    ["2130706433:443"],
    ["127.1:443"],
    ["0177.0.0.1:443"],
    ["host.0x7f:443"],
    ["[::1:443"],
    ["[:::1]:443"],
    ["::1:443"],
    [`${"a".repeat(64)}.example:443`],
    [`${"a.".repeat(127)}example:443`],
    [""],
    [":443"],
    [" host.example:443"],
  ])("attack 10: %j is refused", (authority) => {
    expect(parseDestination(authority).ok).toBe(false);
  });

  test("what parses is its own canonical form", () => {
    fc.assert(
      fc.property(fc.oneof(fc.domain(), fc.ipV4(), fc.string()), fc.integer({ min: -1, max: 70_000 }), (host, port) => {
        const parsed = parseDestination(`${host}:${port}`);
        if (parsed.ok) expect(parseDestination(parsed.destination)).toEqual(parsed);
      }),
    );
  });
});

test.each([
  ["CONNECT collector.example:443 HTTP/1.1", "collector.example:443", "403 Forbidden"],
  ["CONNECT 127.0.0.1:22 HTTP/1.1", "127.0.0.1:22", "403 Forbidden"],
  ["CONNECT host.example. HTTP/1.1", undefined, "400 Bad Request"],
  ["CONNECT user@host.example:443 HTTP/1.1", undefined, "400 Bad Request"],
])("%s", async (line, destination, status) => {
  const { port } = await house.open();
  const target = line.split(" ")[1] ?? "";
  const answer = await sendRaw(port, `${line}\r\nHost: ${target}\r\n\r\nGET / HTTP/1.1\r\n\r\n`);
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status}\r\n`, "u"));
  expect(answer.match(/HTTP\/1\.1/gu)).toHaveLength(1);
  expect(answer).toContain(
    status.startsWith("403") ? "Denied by the egress gate: this step may reach nothing." : "Refused",
  );
  expect(decisionsOf(house.records)).toEqual(["network.connect egress"]);
  expect(house.records[0]?.attempt).toMatchObject({ door: "proxy", summary: `CONNECT ${target}` });
  expect(house.records[0]?.attempt.resource.destination).toBe(destination);
});

test.each([
  ["http://collector.example/path?leak=1", "collector.example", "collector.example:80", 403],
  ["http://Collector.example:8080/", "collector.example:8080", "collector.example:8080", 403],
  ["https://collector.example/", "collector.example", "collector.example:443", 403],
  ["http://collector.example/", "other.example", undefined, 400],
  ["http://user@collector.example/", "collector.example", undefined, 400],
  ["ftp://collector.example/", "collector.example", undefined, 400],
  ["http:///path", "x", undefined, 400],
])("a plain proxy request to %s", async (target, host, destination, status) => {
  const { port } = await house.open();
  const answer = await ask(port, "GET", target, { headers: { host } });
  expect(answer.status).toBe(status);
  expect(decisionsOf(house.records)).toEqual(["network.connect egress"]);
  expect(house.records[0]?.attempt.resource.destination).toBe(destination);
});

test("a grant with a host on its list opens nothing in this version", async () => {
  const { port } = await house.open({ egress: ["registry.example:443"] });
  const answer = await sendRaw(port, "CONNECT registry.example:443 HTTP/1.1\r\nHost: registry.example:443\r\n\r\n");
  expect(answer).toMatch(/^HTTP\/1\.1 501 /u);
});

test("the broker's own address as a whole URL is the broker itself", async () => {
  const { port } = await house.open();
  const answer = await ask(port, "GET", `http://127.0.0.1:${port}/2.0/repositories/demo/shop`);
  expect(answer).toMatchObject({ status: 200 });
  expect(decisionsOf(house.records)).toEqual(["repository.get allow"]);
});

test.each([["/pkg/npm/left-pad"], ["/pkg/pypi/simple/"], ["/pkg"]])("%s is denied and on record", async (path) => {
  const { port } = await house.open();
  const answer = await ask(port, "GET", path);
  expect(answer).toMatchObject({ status: 403, body: expect.stringContaining("egress gate") });
  expect(decisionsOf(house.records)).toEqual(["package.get egress"]);
  expect(house.records[0]?.attempt.summary).toBe(`GET ${path}`);
});

test.each([
  ["/mcp", "evil.example"],
  ["/2.0/repositories/demo/shop", "evil.example:29418"],
  ["/model/anthropic/v1/models", "127.0.0.1"],
  ["/git/demo/shop/info/refs?service=git-upload-pack", "127.0.0.1:1"],
])("%s answers no other Host than its own: %s", async (path, host) => {
  const { port } = await house.open();
  expect(await ask(port, "GET", path, { headers: { host } })).toMatchObject({ status: 421 });
  expect(house.records).toEqual([]);
});

test.each([["/"], ["/2.0x/repositories"], ["/mcpx"], ["/.git/config"], ["//2.0/repositories"]])(
  "%s is nothing",
  async (path) => {
    const { port } = await house.open();
    expect(await ask(port, "GET", path)).toMatchObject({ status: 404 });
  },
);

test("a WebSocket is refused", async () => {
  const { port } = await house.open();
  const answer = await sendRaw(
    port,
    `GET /mcp HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 403 /u);
});
