/** What a piece of a line means; a terminal shows it as colour, and the words alone say the same. */
export type Tone = "plain" | "strong" | "good" | "bad" | "quiet";
export type Span = { readonly tone: Tone; readonly text: string };
/** One line without its end; the text is inert. */
export type Line = readonly Span[];

const CODES: Readonly<Record<Tone, string>> = { plain: "", strong: "1", good: "32", bad: "31", quiet: "2" };

/** The line as it is printed, with SGR colours (ECMA-48, 8.3.117) when `colour`. */
export function formatLine(line: Line, colour: boolean): string {
  return line
    .map(({ tone, text }) => (colour && tone !== "plain" ? `\x1b[${CODES[tone]}m${text}\x1b[0m` : text))
    .join("");
}

export function plain(text: string): Span {
  return { tone: "plain", text };
}
