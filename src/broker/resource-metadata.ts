import type { IncomingMessage } from "node:http";

import { STEP_SCOPES } from "../policy/index.ts";
import { sendError, sendJson, type Route } from "./exchange.ts";

const WELL_KNOWN = "/.well-known/oauth-protected-resource";
/** Resources of a door that have a document of their own: RFC 9728, section 3.1 puts their path behind the well-known one. */
const RESOURCES: readonly string[] = ["", "/mcp", "/2.0"];

/**
 * `/.well-known/oauth-protected-resource`: what a client may learn about this resource (RFC 9728, section 2). It names no
 * authorization server: a step's token is minted for it and held by the broker, and nothing here hands one out.
 */
export function createMetadataRoute(): Route {
  return async ({ request, response, path }) => {
    const resource = RESOURCES.find((one) => path === WELL_KNOWN + one);
    if (resource === undefined)
      return sendError(response, 404, `Of the well-known addresses, only ${WELL_KNOWN} is here.`);
    if (request.method !== "GET" && request.method !== "HEAD") {
      return sendError(response, 405, "The metadata is only read.", { headers: { allow: "GET, HEAD" } });
    }
    sendJson(response, 200, {
      resource: `${addressOf(request)}${resource}`,
      resource_name: "Sallyport broker",
      scopes_supported: STEP_SCOPES,
      bearer_methods_supported: ["header"],
    });
  };
}

/** The value of `WWW-Authenticate`: RFC 6750, section 3, with the metadata's address after RFC 9728, section 5.1. */
export function challenge(
  request: IncomingMessage,
  error: "invalid_token" | "insufficient_scope",
  scopes: readonly string[] = [],
): string {
  const scope = scopes.length === 0 ? "" : `, scope="${scopes.join(" ")}"`;
  return `Bearer realm="sallyport", error="${error}"${scope}, resource_metadata="${addressOf(request)}${WELL_KNOWN}"`;
}

/** The door's own name as the client wrote it. Behind a whole URL a Host may be anything (RFC 9112, section 3.2.2). */
function addressOf({ headers }: IncomingMessage): string {
  const host = headers.host ?? "";
  return `http://${/^(?:127\.0\.0\.1|localhost):\d{1,5}$/u.test(host) ? host : "127.0.0.1:29418"}`;
}
