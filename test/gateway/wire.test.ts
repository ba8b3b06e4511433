import { request as httpRequest } from "node:http";
import { describe, expect, test } from "vitest";
import { connectClient } from "./connect-client.ts";
import { serveGateway } from "./gateway-service.ts";
import { createMemoryForge, json } from "./memory-forge.ts";

const SCOPES = ["read:repository:bitbucket", "read:pullrequest:bitbucket"] as const;
const SCRIPT = { "pullrequests.get": () => json({ id: 1 }) };

const CALL = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"getPullRequestDetails","arguments":';
const call = (args: string): string => `${CALL}${args}}}`;
const GOOD = call('{"pullRequestId":1}');
const HEADERS = { "content-type": "application/json", accept: "application/json, text/event-stream" };

const MODERN_META = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};
const MODERN = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "tools/call",
  params: { name: "getPullRequestDetails", arguments: { pullRequestId: 1 }, _meta: MODERN_META },
});
const MODERN_HEADERS = {
  ...HEADERS,
  "mcp-protocol-version": "2026-07-28",
  "mcp-method": "tools/call",
  "mcp-name": "getPullRequestDetails",
};

type Sent = { readonly headers?: Record<string, string>; readonly body: string | Buffer; readonly method?: string };

/** By `http`, not `fetch`: `fetch` would not send a Host or a body that is wrong. */
function send(
  door: string,
  { headers = HEADERS, body, method = "POST" }: Sent,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(new URL("/mcp", door), { method, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

describe("attack 35: malformed frames", () => {
  const frames: readonly (readonly [title: string, sent: Sent, status: number])[] = [
    ["a body over 1 MiB", { body: call(`{"x":"${"a".repeat(1024 * 1024)}"}`) }, 413],
    ["65 levels", { body: call(`${'{"a":'.repeat(65)}1${"}".repeat(65)}`) }, 400],
    ["half a million levels", { body: "[".repeat(500_000) + "]".repeat(500_000) }, 400],
    ["unclosed lists", { body: "[".repeat(1_000_000) }, 400],
    ["an unclosed text of escaped quotes", { body: `"${'\\"'.repeat(500_000)}` }, 400],
    ["a member twice", { body: call('{"pullRequestId":1,"pullRequestId":2}') }, 400],
    ["a member twice, once escaped", { body: call('{"pullRequestId":1,"pullRequestI\\u0064":2}') }, 400],
    ["half a character", { body: call('{"content":"\\ud800"}') }, 400],
    ["a number beyond all", { body: call('{"pullRequestId":1e999}') }, 400],
    ["a method twice", { body: GOOD.replace('"method"', '"method":"tools/list","method"') }, 400],
    ["bytes that are not UTF-8", { body: Buffer.from(call('{"x":"\u00ff"}'), "latin1") }, 400],
    ["UTF-16", { body: Buffer.from(GOOD, "utf16le") }, 400],
    ["a byte order mark", { body: `\ufeff${GOOD}` }, 400],
    ["no JSON", { body: "hello" }, 400],
    ["nothing", { body: "" }, 400],
    ["two messages one after the other", { body: GOOD + GOOD }, 400],
    ["a batch", { body: `[${GOOD},${GOOD}]` }, 400],
    ["JSON that is no message", { body: '{"hello":1}' }, 400],
    ["a form", { body: GOOD, headers: { ...HEADERS, "content-type": "text/plain" } }, 415],
    ["no content type", { body: GOOD, headers: { accept: HEADERS.accept } }, 415],
    ["a GET", { body: "", method: "GET" }, 405],
    ["a DELETE", { body: "", method: "DELETE" }, 405],
    [
      "a method in the header that is not the body's",
      { body: MODERN, headers: { ...MODERN_HEADERS, "mcp-method": "tools/list" } },
      400,
    ],
    [
      "a name in the header that is not the body's",
      { body: MODERN, headers: { ...MODERN_HEADERS, "mcp-name": "createPullRequest" } },
      400,
    ],
    [
      "a version in the header that is not the body's",
      { body: MODERN, headers: { ...MODERN_HEADERS, "mcp-protocol-version": "2025-11-25" } },
      400,
    ],
    [
      "a version that nobody speaks",
      {
        body: MODERN.replaceAll("2026-07-28", "2031-01-01"),
        headers: { ...MODERN_HEADERS, "mcp-protocol-version": "2031-01-01" },
      },
      400,
    ],
  ];

  test.each(frames)("%s is refused, and the next call works", async (_title, sent, status) => {
    const forge = createMemoryForge(SCRIPT);
    await using service = await serveGateway(forge, { scopes: SCOPES });
    const answer = await send(service.door, sent);
    expect(answer.status).toBe(status);
    expect(forge.calls).toEqual([]);
    expect(service.judged).toEqual([]);
    await using mcp = await connectClient(service.door);
    expect((await mcp.call("getPullRequestDetails", { pullRequestId: 1 })).isError).toBe(false);
    expect(service.faults).toEqual([]);
  });

  test("the good frames are good: none of the above is refused for another reason", async () => {
    await using service = await serveGateway(createMemoryForge(SCRIPT), { scopes: SCOPES });
    expect((await send(service.door, { body: GOOD })).status).toBe(200);
    expect((await send(service.door, { body: MODERN, headers: MODERN_HEADERS })).status).toBe(200);
    const charset = { ...HEADERS, "content-type": "Application/JSON; charset=utf-8" };
    expect((await send(service.door, { body: GOOD, headers: charset })).status).toBe(200);
    const nearly = call(`{"x":${'{"a":'.repeat(50)}1${"}".repeat(50)}}`);
    expect((await send(service.door, { body: nearly })).status).toBe(200);
  });
});

describe("DNS rebinding", () => {
  const named = (headers: Record<string, string>): Sent => ({ body: GOOD, headers: { ...HEADERS, ...headers } });

  test.each([
    ["another host", { host: "evil.example" }, 421],
    ["another port", { host: "127.0.0.1:1" }, 421],
    ["an origin", { origin: "https://evil.example" }, 403],
    ["the origin of no page", { origin: "null" }, 403],
    ["an origin that begins like the door", { origin: "http://127.0.0.1:29418.evil.example" }, 403],
  ])("%s is refused", async (_title, headers, status) => {
    await using service = await serveGateway(createMemoryForge(SCRIPT), { scopes: SCOPES });
    expect((await send(service.door, named(headers))).status).toBe(status);
    expect(service.judged).toEqual([]);
  });

  test("the door's own origin is served", async () => {
    await using service = await serveGateway(createMemoryForge(SCRIPT), { scopes: SCOPES });
    expect((await send(service.door, named({ origin: service.door }))).status).toBe(200);
  });
});

test("attack 4: a bearer in a request is not read", async () => {
  const forge = createMemoryForge(SCRIPT);
  await using service = await serveGateway(forge, { scopes: SCOPES });
  const headers = { ...HEADERS, authorization: "Bearer somebody-else" };
  expect((await send(service.door, { body: GOOD, headers })).status).toBe(200);
  expect(service.judged.map(({ grant }) => grant)).toEqual([service.admission.grant]);
});

test("nothing can be subscribed to, so no stream is held open", async () => {
  await using service = await serveGateway(createMemoryForge(SCRIPT), { scopes: SCOPES });
  const body = JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: "subscriptions/listen",
    params: { notifications: { toolsListChanged: true }, _meta: MODERN_META },
  });
  const headers = { ...MODERN_HEADERS, "mcp-method": "subscriptions/listen", "mcp-name": "" };
  const answer = await send(service.door, { body, headers });
  expect(answer.text).toContain('"error"');
});
