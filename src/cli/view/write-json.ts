/** Controls, format characters (bidirectional ones among them), separators, variation selectors; but no line feed. */
const ACTIVE = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\ufe00-\ufe0f]/gu;

/**
 * JSON in which every character that a terminal would act on is escaped: the same data for a program, and inert for a
 * person who looks at it.
 */
export function writeJson(value: unknown, indent = 0): string {
  // The line feeds of an indented document stay; those inside strings are escaped by JSON itself.
  return JSON.stringify(value, null, indent).replace(ACTIVE, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    const unit = character.charCodeAt(index).toString(16);
    return `\\u${unit.padStart(4, "0")}`;
  }).join("");
}
