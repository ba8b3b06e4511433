import type { Admission } from "../authority/index.ts";
import type { Actor } from "../forge/index.ts";

/** Whose requests these are: set by the listener that they came by, never by anything in a request. */
export type Caller = { readonly admission: Admission; readonly actor: Actor };

/** The broker's MCP face. One for a run; `handle` may be called concurrently. */
export interface Gateway {
  /**
   * Answers one request to `/mcp`. Its Authorization header has no meaning here. `body` is what its listener has read of
   * it, null for nothing.
   */
  handle(caller: Caller, request: Request, body: Uint8Array | null): Promise<Response>;
}
