import type { IncomingMessage } from "node:http";

import type { ProxyTarget } from "./answer-as-proxy.ts";
import type { BrokerLimits } from "./limits.ts";

/** What the first line and the headers of a request say. */
export type Head =
  | { readonly kind: "own"; readonly path: string; readonly query: string }
  | { readonly kind: "proxy"; readonly target: ProxyTarget }
  | { readonly kind: "refused"; readonly status: 400 | 421 | 431; readonly message: string };

/** Reads a request's target and checks its Host against `hosts`, the door's own. Nothing is decoded or normalised. */
export function readHead(request: IncomingMessage, hosts: readonly string[], limits: BrokerLimits): Head {
  const { method = "", url = "", rawHeaders } = request;
  if (rawHeaders.length / 2 > limits.headers) return refused(431, "The request has too many headers.");
  if (countOf(rawHeaders, "host") > 1) return refused(400, "The request has two Host headers.");
  if (!/^[\x21\x22\x24-\x7e]+$/u.test(url)) return refused(400, "The address has characters that need encoding.");
  const host = request.headers.host?.toLowerCase();
  if (!url.startsWith("/")) {
    const whole = /^[a-z][a-z0-9+.-]*:\/\/(?<authority>[^/?]*)(?<rest>.*)$/iu.exec(url)?.groups;
    if (whole === undefined) return refused(400, "The address is neither a path nor a whole URL.");
    const own = url.startsWith("http://") && hosts.includes(whole["authority"]?.toLowerCase() ?? "");
    // A client that has us as its proxy may ask for ourselves that way (RFC 9112, section 3.2.2).
    if (!own) return { kind: "proxy", target: { method, target: url, host: request.headers.host } };
    return split(whole["rest"] ?? "");
  }
  // A page that rebinds a name to this address still sends that name.
  if (host === undefined || !hosts.includes(host))
    return refused(421, `This is ${hosts.join(" or ")}, and nothing else.`);
  return split(url);
}

function split(target: string): Head {
  const mark = target.indexOf("?");
  return mark === -1
    ? { kind: "own", path: target, query: "" }
    : { kind: "own", path: target.slice(0, mark), query: target.slice(mark + 1) };
}

function countOf(rawHeaders: readonly string[], name: string): number {
  return rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === name).length;
}

function refused(status: 400 | 421 | 431, message: string): Head {
  return { kind: "refused", status, message };
}
