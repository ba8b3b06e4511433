import type { Authority } from "../authority/index.ts";
import type { Caller } from "../gateway/index.ts";
import { operationById } from "../policy/index.ts";
import { explainDenial, summarize } from "./denial.ts";
import { parseDestination } from "./destination.ts";

/** A request to go somewhere else: `CONNECT host:port`, or a plain one with a whole address. */
export type ProxyTarget = {
  readonly method: string;
  /** As sent: `host:port`, or `http://host/path`. */
  readonly target: string;
  /** The Host header, which must name the same place for a plain request. */
  readonly host: string | undefined;
};

/** A status and one sentence. */
export type ProxyAnswer = { readonly status: 400 | 403 | 501; readonly message: string };

/**
 * Judges and records a proxy request (attack 11: here, outside the box, for each one). A destination that does not parse
 * is recorded too, as an attempt to reach no place on any list.
 */
export async function answerAsProxy(
  authority: Authority,
  { admission }: Caller,
  { method, target, host }: ProxyTarget,
): Promise<ProxyAnswer> {
  const parsed = parseDestination(method === "CONNECT" ? target : hostAndPort(target));
  const contradicts = method !== "CONNECT" && host !== undefined && !sameAuthority(target, host);
  const reason = parsed.ok ? (contradicts ? "the Host header names another place" : null) : parsed.reason;
  const outcome = await authority.perform(
    admission.token.reveal(),
    {
      operation: operationById("network.connect"),
      resource: {
        repository: null,
        arguments: {},
        ...(parsed.ok && reason === null ? { destination: parsed.destination } : {}),
      },
      door: "proxy",
      summary: summarize(`${method} ${target}`),
    },
    () => Promise.resolve(),
  );
  if (reason !== null) return { status: 400, message: `Refused: ${reason}.` };
  if (!outcome.allowed) return { status: 403, message: explainDenial(outcome.denial) };
  // Every grant's egress is empty in this version; if one is not, nothing is opened all the same.
  return { status: 501, message: "This version opens no connection to the outside." };
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: "80", https: "443" };

/** `host:port` of a whole address, by its raw text: nothing is decoded or normalised. Empty when it has none. */
function hostAndPort(target: string): string {
  const match = /^(?<scheme>[a-z]+):\/\/(?<authority>[^/?#]+)/iu.exec(target);
  const authority = match?.groups?.["authority"] ?? "";
  const port = DEFAULT_PORTS[match?.groups?.["scheme"]?.toLowerCase() ?? ""];
  if (port === undefined) return "";
  return /:\d+$/u.test(authority) ? authority : `${authority}:${port}`;
}

function sameAuthority(target: string, host: string): boolean {
  const named = hostAndPort(target).toLowerCase();
  return named === host.toLowerCase() || named === hostAndPort(`${target.split(":")[0]}://${host}`).toLowerCase();
}
