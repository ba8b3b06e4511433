import { Client, StreamableHTTPClientTransport, type VersionNegotiationMode } from "@modelcontextprotocol/client";

/** What a tool call came to, for a test to look at. */
export type Called = { readonly isError: boolean; readonly text: string; readonly structured: unknown };

export type TestClient = AsyncDisposable & {
  readonly client: Client;
  call(tool: string, args?: Readonly<Record<string, unknown>>): Promise<Called>;
  toolNames(): Promise<readonly string[]>;
};

/** Both protocol revisions, as the official client speaks them. */
export const REVISIONS: readonly (readonly [revision: string, mode: VersionNegotiationMode])[] = [
  ["2026-07-28", { pin: "2026-07-28" }],
  ["2025-11-25", "legacy"],
];

/** The official MCP client, connected to the gateway. */
export async function connectClient(door: string, mode: VersionNegotiationMode = "auto"): Promise<TestClient> {
  const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode } });
  await client.connect(new StreamableHTTPClientTransport(new URL("/mcp", door)));
  return {
    client,
    async call(tool, args = {}) {
      const result = await client.callTool({ name: tool, arguments: { ...args } });
      const text = result.content.map((block) => (block.type === "text" ? block.text : "")).join("\n");
      return { isError: result.isError === true, text, structured: result.structuredContent };
    },
    async toolNames() {
      return (await client.listTools()).tools.map(({ name }) => name);
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}
