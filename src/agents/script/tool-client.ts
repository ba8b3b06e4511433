import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

/** What a tool answered: its text, and whether it is an error or a denial. */
export type ToolAnswer = { readonly ok: boolean; readonly text: string };

/** The official MCP client on the gateway. Connects at the first call. */
export type ToolClient = {
  call(tool: string, args: Readonly<Record<string, unknown>>): Promise<ToolAnswer>;
  close(): Promise<void>;
};

export function createToolClient(address: URL): ToolClient {
  const client = new Client({ name: "script-agent", version: "1" }, { versionNegotiation: { mode: "auto" } });
  let connected: Promise<void> | undefined;
  return {
    async call(tool, args) {
      connected ??= client.connect(new StreamableHTTPClientTransport(address));
      await connected;
      const result = await client.callTool({ name: tool, arguments: { ...args } });
      const texts = result.content.flatMap((block) => (block.type === "text" ? [block.text] : []));
      return { ok: result.isError !== true, text: texts.join("\n") };
    },
    close: () => client.close(),
  };
}
