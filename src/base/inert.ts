/**
 * Characters that a terminal or a reader would act on instead of showing: C0 and C1 controls, DEL, bidirectional
 * controls, zero-width characters, tags, line and paragraph separators.
 */
const ACTIVE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\u{e0000}-\u{e007f}]/gu;

/**
 * Text from an agent, a forge or a log, made safe to print: each active character becomes visible (`\x1b`, `\u202e`).
 * `keep` names characters left as they are, for example `"\n"` for a log.
 */
export function inert(text: string, keep = ""): string {
  return text.replace(ACTIVE, (character) => (keep.includes(character) ? character : escaped(character)));
}

function escaped(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  if (character === "\t") return "\\t";
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${code.toString(16).padStart(4, "0")}` : `\\u{${code.toString(16)}}`;
}
