/** Why a request is refused before it is read, with the status to answer; null when it may go on. */
export type AddressFault = { readonly status: 403 | 421; readonly reason: string } | null;

/**
 * DNS rebinding: a page that resolves its own name to 127.0.0.1 sends its own Host and Origin. Only `hosts` may stand in
 * Host, and in Origin as `http://HOST`; programs send no Origin at all (MCP 2025-11-25, Streamable HTTP, security).
 */
export function checkAddress(request: Request, hosts: readonly string[]): AddressFault {
  const host = request.headers.get("host") ?? new URL(request.url).host;
  if (!hosts.includes(host.toLowerCase())) return { status: 421, reason: "this Host is not served here" };
  const origin = request.headers.get("origin");
  if (origin === null || hosts.some((name) => origin === `http://${name}`)) return null;
  return { status: 403, reason: "requests of this Origin are not served here" };
}
