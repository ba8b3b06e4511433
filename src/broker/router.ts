import { sendError, type Exchange, type Route } from "./exchange.ts";

/** Picks the route by the first segment of the raw path; `/mcp` stands alone, the others need something below. */
export function createRouter(routes: Readonly<Record<string, Route>>): Route {
  const table = new Map(Object.entries(routes));
  return async (exchange: Exchange) => {
    const { path, request, response } = exchange;
    if (request.headers.upgrade?.toLowerCase().includes("websocket") === true) {
      sendError(response, 403, "A step may not open a WebSocket here.");
      return;
    }
    const slash = path.indexOf("/", 1);
    const route = table.get(slash === -1 ? path : path.slice(0, slash));
    if (route !== undefined) await route(exchange);
    else sendError(response, 404, "Nothing is here; a step finds /mcp, /2.0, /git, /model and /pkg at this address.");
  };
}
