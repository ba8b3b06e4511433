/** What a request's body turned out to be: JSON, or why it is refused, with the status to answer. */
export type Frame =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly status: 400 | 413; readonly reason: string };

const BODY_BYTES = 1024 * 1024;
const DEPTH = 64;

/**
 * Reads a JSON-RPC message the way every reader of it must agree on (attack 35): at most 1 MiB of valid UTF-8, at most
 * 64 levels deep, no member twice in one object, one message and no batch (2025-11-25 has none).
 */
export function readFrame(bytes: Uint8Array): Frame {
  if (bytes.length > BODY_BYTES) return refuse(413, "the body is larger than 1 MiB");
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse(400, "the body is not UTF-8");
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse(400, "the body is not JSON");
  }
  const fault = structureFault(text);
  if (fault !== null) return refuse(400, fault);
  return Array.isArray(value) ? refuse(400, "a batch of messages is not accepted") : { ok: true, value };
}

function refuse(status: 400 | 413, reason: string): Frame {
  return { ok: false, status, reason };
}

/** Linear, because it only ever reads text that is JSON: each string ends. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{}:]/gsu;

/** Too deep, or the same member twice, in text that is JSON. */
function structureFault(text: string): string | null {
  /** For each open object its names so far; null for a list. */
  const open: (Set<string> | null)[] = [];
  let literal = "";
  for (const [token] of text.matchAll(TOKENS)) {
    if (token.startsWith('"')) literal = token;
    else if (token === "{" || token === "[") {
      open.push(token === "{" ? new Set() : null);
      if (open.length > DEPTH) return `the body is more than ${DEPTH} levels deep`;
    } else if (token === "}" || token === "]") open.pop();
    else {
      // `"a"` and `"\u0061"` are one name.
      const name = literal.includes("\\") ? String(JSON.parse(literal)) : literal.slice(1, -1);
      const names = open.at(-1);
      if (names?.has(name) === true) return "the body has the same member twice";
      names?.add(name);
    }
  }
  return null;
}
