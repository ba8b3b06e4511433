import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { createMcpHandler, McpServer, type CallToolResult } from "@modelcontextprotocol/server";
import { z } from "zod";

/**
 * The SDK's server over HTTP with no authority, ledger or forge behind it. Arguments: for each tool its name and the result
 * that it always gives, as JSON. Prints the address, and ends with its standard input.
 */
const words = process.argv.slice(2);
const results = words.flatMap((name, index): [string, CallToolResult][] =>
  // What the bench got from the official client, so a result of a call.
  index % 2 === 0 ? [[name, JSON.parse(words[index + 1] ?? "") as CallToolResult]] : [],
);

const handler = createMcpHandler(() => {
  const server = new McpServer({ name: "direct", version: "0.0.0" });
  const inputSchema = z.object({ pullRequestId: z.number().int(), content: z.string().optional() });
  for (const [name, result] of results)
    server.registerTool(name, { title: name, description: name, inputSchema }, async () => result);
  return server;
});

const http = createServer((request, response) => void answer(request, response));
http.keepAliveTimeout = 120_000;
await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
// A server that listens on TCP has an address with a port.
console.log(`http://127.0.0.1:${(http.address() as AddressInfo).port}`);
await new Promise((resolve) => process.stdin.once("end", resolve).resume());
http.closeAllConnections();
http.close();

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const headers = Object.entries(request.headers).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value] satisfies [string, string]] : [],
  );
  const { method = "GET", url = "/" } = request;
  const body = method === "POST" ? new Uint8Array(await buffer(request)) : null;
  const web = await handler.fetch(new Request(`http://127.0.0.1${url}`, { method, headers, body }));
  response.writeHead(web.status, Object.fromEntries(web.headers));
  response.end(Buffer.from(await web.arrayBuffer()));
}
