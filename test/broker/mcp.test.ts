import { once } from "node:events";

import { expect, test } from "vitest";

import type { Caller } from "../../src/gateway/index.ts";
import { ask, begin, buildHouse, decisionsOf } from "./harness.ts";

const MCP = {
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
  "mcp-protocol-version": "2025-11-25",
};

test("a tool is called as the door's own step, and only granted tools are listed", async () => {
  await using house = buildHouse();
  const { port } = await house.open({ scopes: ["read:repository:bitbucket", "read:pullrequest:bitbucket"] });
  const call = (method: string, params: unknown) =>
    ask(port, "POST", "/mcp", { headers: MCP, body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }) });
  const listed = await call("tools/list", {});
  expect(listed.body).toContain("getPullRequestDetails");
  expect(listed.body).not.toContain("createPullRequest");
  const called = await call("tools/call", { name: "getPullRequestDetails", arguments: { pullRequestId: 1 } });
  expect(called.status).toBe(200);
  expect(decisionsOf(house.records)).toEqual(["pullrequests.get allow"]);
});

test("attack 4: the gateway sees the door's caller and no credential of the request", async () => {
  const seen: { caller: Caller; request: Request }[] = [];
  await using house = buildHouse({
    gateway: {
      async handle(caller, request, body) {
        seen.push({ caller, request });
        return new Response(Buffer.from(body ?? []), { status: 202, headers: { "mcp-session-id": "s" } });
      },
    },
  });
  const door = await house.open();
  const headers = { ...MCP, authorization: "Bearer foreign", cookie: "a=b", "x-token": "x", "mcp-session-id": "1" };
  const answer = await ask(door.port, "POST", "/mcp?token=x", { headers, body: "{}" });
  expect(answer).toMatchObject({ status: 202, body: "{}", headers: { "mcp-session-id": "s" } });
  expect(seen[0]?.caller).toBe(door.caller);
  expect(Object.fromEntries(seen[0]?.request.headers ?? [])).toEqual({
    ...MCP,
    "mcp-session-id": "1",
    host: `127.0.0.1:${door.port}`,
  });
  expect(seen[0]?.request.url).not.toContain("token");
  for (const [method, path, status] of [
    ["PUT", "/mcp", 405],
    ["POST", "/mcp/x", 404],
    ["GET", "/mcp/..", 404],
  ] as const) {
    expect(await ask(door.port, method, path)).toMatchObject({ status });
  }
  expect(seen).toHaveLength(1);
});

test("events stream, and a client that hangs up aborts the request", async () => {
  const aborted = Promise.withResolvers<void>();
  const cancelled = Promise.withResolvers<void>();
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  await using house = buildHouse({
    gateway: {
      async handle(_caller, request) {
        request.signal.addEventListener("abort", () => aborted.resolve());
        const body = new ReadableStream({
          async start(controller) {
            await first.promise;
            controller.enqueue(Buffer.from("data: 1\n\n"));
            await second.promise;
            controller.enqueue(Buffer.from("data: 2\n\n"));
          },
          cancel: () => cancelled.resolve(),
        });
        return new Response(body, { headers: { "content-type": "text/event-stream" } });
      },
    },
  });
  const { port } = await house.open();
  const response = await begin(port, "GET", "/mcp", { headers: { accept: "text/event-stream" } });
  const next = async () => String(((await once(response, "data")) as [Buffer])[0]);
  // The head is here before anything was said.
  first.resolve();
  expect(await next()).toBe("data: 1\n\n");
  second.resolve();
  expect(await next()).toBe("data: 2\n\n");
  response.destroy();
  await Promise.all([aborted.promise, cancelled.promise]);
  expect(house.faults).toEqual([]);
});

test("a body that fails in the middle cuts the answer off instead of ending it", async () => {
  await using house = buildHouse({
    gateway: {
      async handle() {
        const body = new ReadableStream({
          start(controller) {
            controller.enqueue(Buffer.from("data: 1\n\n"));
            controller.error(new Error("broken"));
          },
        });
        return new Response(body, { headers: { "content-type": "text/event-stream" } });
      },
    },
  });
  const { port } = await house.open();
  await expect(ask(port, "GET", "/mcp", { headers: { accept: "text/event-stream" } })).rejects.toThrow();
  expect(house.faults).toHaveLength(1);
});
