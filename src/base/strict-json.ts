/** JSON as read from a request, or why it was refused: one clause, without a full stop. */
export type StrictJson =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string };

const MAX_DEPTH = 64;

/**
 * Reads JSON that every reader understands alike: valid UTF-8 without a byte order mark, no key twice in an object, at
 * most 64 levels, finite numbers, no lone surrogates (attack 35; RFC 8259 section 4 leaves duplicates to the reader,
 * and a gate that reads the first while a forge reads the last is a way round the gate).
 */
export function parseStrictJson(bytes: Uint8Array): StrictJson {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { ok: false, reason: "the body is not valid UTF-8" };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, reason: "the body is not JSON" };
  }
  const fault = findFault(text);
  return fault === null ? { ok: true, value } : { ok: false, reason: fault };
}

/** Walks over text that is known to be JSON, so only what JSON.parse lets pass is looked for. */
function findFault(text: string): string | null {
  // The keys seen in each open object; null for an array.
  const open: (Set<string> | null)[] = [];
  let atKey = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? "";
    if (character === "{" || character === "[") {
      open.push(character === "{" ? new Set() : null);
      if (open.length > MAX_DEPTH) return `the body has more than ${MAX_DEPTH} levels`;
      atKey = character === "{";
    } else if (character === "}" || character === "]") {
      open.pop();
      atKey = false;
    } else if (character === ",") {
      atKey = (open.at(-1) ?? null) !== null;
    } else if (character === '"') {
      const end = endOfString(text, at);
      const string = readString(text.slice(at, end + 1));
      if (!string.isWellFormed()) return "the body has half of a surrogate pair";
      const keys = open.at(-1);
      if (atKey && keys instanceof Set) {
        if (keys.has(string)) return "the body names a member twice";
        keys.add(string);
        atKey = false;
      }
      at = end;
    } else if (character === "-" || (character >= "0" && character <= "9")) {
      const end = endOfNumber(text, at);
      if (!Number.isFinite(Number(text.slice(at, end)))) return "the body has a number that is too large";
      at = end - 1;
    }
  }
  return null;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at;
}

function endOfNumber(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && /[\d.eE+-]/u.test(text[at] ?? "")) at += 1;
  return at;
}

function readString(literal: string): string {
  if (!literal.includes("\\")) return literal.slice(1, -1);
  // A string literal of a text that JSON.parse accepted is a string.
  return JSON.parse(literal) as string;
}
