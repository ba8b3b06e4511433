import type { Authority } from "../authority/index.ts";
import type { Forge } from "../forge/index.ts";
import { checkAddress } from "./check-address.ts";
import type { Gateway } from "./gateway.ts";
import type { McpHandler } from "./mcp-handler.ts";
import { readFrame } from "./read-frame.ts";

/** What a gateway is made of. */
export type GatewayParts = {
  readonly authority: Authority;
  readonly forge: Forge;
  readonly version: string;
  /** Values of Host that are served; the door inside a box unless given. */
  readonly hosts?: readonly string[];
  /** Told of each fault of the machine; the agent only reads that there was one. */
  readonly reportFault?: (fault: unknown) => void;
};

/** Where the door stands in every box (design, section 4). */
const DOOR_HOSTS = ["127.0.0.1:29418", "localhost:29418"];

/** The broker's MCP face over Streamable HTTP, for the 2026-07-28 and the 2025-11-25 protocol. */
export function createGateway(parts: GatewayParts): Gateway {
  const { hosts = DOOR_HOSTS } = parts;
  let handler: Promise<McpHandler> | undefined;
  // The SDK takes longer to load than a box to start, and most steps never speak MCP.
  const loadHandler = async (): Promise<McpHandler> => (await import("./mcp-handler.ts")).createHandler(parts);

  return {
    async handle(caller, request, body) {
      const address = checkAddress(request, hosts);
      if (address !== null) return refusal(address.status, address.reason);
      if (request.method !== "POST") return refusal(405, "send a POST: there are no sessions and no event stream");
      const frame = readFrame(body ?? new Uint8Array());
      if (!frame.ok) return refusal(frame.status, frame.reason);
      handler ??= loadHandler();
      return await (
        await handler
      )(caller, request, frame.value);
    },
  };
}

function refusal(status: number, message: string): Response {
  const headers: Record<string, string> = status === 405 ? { allow: "POST" } : {};
  return Response.json({ jsonrpc: "2.0", error: { code: -32_600, message }, id: null }, { status, headers });
}
