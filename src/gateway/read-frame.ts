import { parseStrictJson } from "../base/index.ts";

/** What a request's body turned out to be: JSON, or why it is refused, with the status to answer. */
export type Frame =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly status: 400 | 413; readonly reason: string };

const BODY_BYTES = 1024 * 1024;

/**
 * Reads a JSON-RPC message the way every reader of it must agree on (attack 35): at most 1 MiB of strict JSON, one message
 * and no batch (2025-11-25 has none).
 */
export function readFrame(bytes: Uint8Array): Frame {
  if (bytes.length > BODY_BYTES) return refuse(413, "the body is larger than 1 MiB");
  const json = parseStrictJson(bytes);
  if (!json.ok) return refuse(400, json.reason);
  return Array.isArray(json.value) ? refuse(400, "a batch of messages is not accepted") : json;
}

function refuse(status: 400 | 413, reason: string): Frame {
  return { ok: false, status, reason };
}
