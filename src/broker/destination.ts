import { isIPv4, isIPv6 } from "node:net";

/** Where a proxy request wants to go, in its one canonical form, or why it is refused. */
export type ParsedDestination =
  { readonly ok: true; readonly destination: string } | { readonly ok: false; readonly reason: string };

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u;

/**
 * Reads `host:port` by a strict grammar: letters, digits and hyphens in labels of 1 to 63, at most 253 in all, no dot
 * at the end, no user part, no other spelling of an address, so that what is compared is what would be connected to
 * (attack 10). The result is lower case.
 */
export function parseDestination(authority: string): ParsedDestination {
  const match = /^(?<host>\[[0-9A-Fa-f:.]+\]|[^:[\]@/]+):(?<port>[1-9]\d{0,4})$/u.exec(authority);
  const host = match?.groups?.["host"]?.toLowerCase();
  const port = Number(match?.groups?.["port"]);
  if (host === undefined) return { ok: false, reason: "the destination is not host:port" };
  if (port > 65_535) return { ok: false, reason: "the port is larger than 65535" };
  const fault = hostFault(host);
  return fault === null ? { ok: true, destination: `${host}:${port}` } : { ok: false, reason: fault };
}

function hostFault(host: string): string | null {
  if (host.startsWith("[")) return isIPv6(host.slice(1, -1)) ? null : "the address is not IPv6";
  if (host.length > 253) return "the host's name is longer than 253 characters";
  const labels = host.split(".");
  if (!labels.every((label) => LABEL.test(label))) {
    return "a host's name has letters, digits and hyphens in labels of 1 to 63 characters";
  }
  // A last label that is a number makes it an address for every resolver (WHATWG URL, "ends in a number").
  const last = labels.at(-1) ?? "";
  if (!/^(?:\d+|0x[0-9a-f]*)$/u.test(last) || isIPv4(host)) return null;
  return "the host is an address in an unusual spelling";
}
