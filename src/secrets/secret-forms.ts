import type { Secret } from "../base/index.ts";

/** A piece of an encoded value that is shorter than this (characters) stands for too many other values to be masked. */
const SHORTEST_PIECE = 6;
/** A line of a value of several lines is masked by itself from this length on. */
const SHORTEST_LINE = 8;

/**
 * The byte strings, each as latin1 text, by which a value is recognised: as it is, line by line, escaped for JSON,
 * URL-encoded, hex, and base64 at each of the three alignments in which it can stand inside a longer text (attack 37).
 */
export function secretForms(secret: Secret): readonly string[] {
  const value = secret.reveal();
  if (value === "") return [];
  const lines = value.split(/\r?\n/).filter((line) => line.length >= SHORTEST_LINE);
  const forms = [value, ...lines, JSON.stringify(value).slice(1, -1), ...urlForms(value)].map(asBytes);
  const bytes = Buffer.from(value, "utf8");
  const encoded = [...hexForms(bytes), ...base64Forms(bytes)].filter((form) => form.length >= SHORTEST_PIECE);
  return [...new Set([...forms, ...encoded])];
}

function asBytes(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

function urlForms(value: string): readonly string[] {
  // Encoding throws on half a surrogate pair, which no process could have printed either.
  const component = encodeURIComponent(value.toWellFormed());
  const lower = component.replaceAll(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase());
  return [component, lower, component.replaceAll("%20", "+"), new URLSearchParams([["", value]]).toString().slice(1)];
}

function hexForms(bytes: Buffer): readonly string[] {
  const hex = bytes.toString("hex");
  return [hex, hex.toUpperCase()];
}

function base64Forms(bytes: Buffer): readonly string[] {
  const pieces = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replaceAll("=", "");
    // The first and last characters may carry bits of what stands around the value: only the sure ones are looked for.
    const start = Math.ceil((before * 8) / 6);
    const end = Math.floor(((before + bytes.length) * 8) / 6);
    return text.slice(start, end);
  });
  const whole = bytes.toString("base64");
  const standard = [whole, whole.replaceAll("=", ""), ...pieces];
  return [...standard, ...standard.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"))];
}
