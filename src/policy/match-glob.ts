/**
 * Bitbucket's globs over branches, tags and paths: `*` is any text without `/`, `**` any text, `?` one character but `/`,
 * `{a,b}` either. Everything else, an unclosed brace included, stands for itself.
 *
 * Matching walks the pattern once over the set of places reached, so no pattern is slow.
 */
export function matchGlob(pattern: string, name: string): boolean {
  // Most patterns are plain names, and then nothing needs to be parsed.
  return /[*?{]/u.test(pattern) ? compileGlob(pattern)(name) : pattern === name;
}

/** The same for a pattern that is used often: parsed once. */
export function compileGlob(pattern: string): (name: string) => boolean {
  const parts = parseGlob(pattern);
  return (name) => advance(parts, name, new Set([0])).has(name.length);
}

type GlobPart = "*" | "**" | "?" | { readonly text: string } | { readonly either: readonly (readonly GlobPart[])[] };

function parseGlob(pattern: string): readonly GlobPart[] {
  const parts: GlobPart[] = [];
  for (let at = 0; at < pattern.length;) {
    const close = pattern[at] === "{" ? closingBrace(pattern, at) : -1;
    if (close > at) {
      parts.push({ either: splitChoices(pattern.slice(at + 1, close)).map(parseGlob) });
      at = close + 1;
      continue;
    }
    const wild = wildAt(pattern, at);
    const last = parts.at(-1);
    const isText = typeof last === "object" && "text" in last;
    // Text that stands together is one part, so that matching takes one step for it.
    if (wild !== null) parts.push(wild);
    else if (isText) parts[parts.length - 1] = { text: last.text + (pattern[at] ?? "") };
    else parts.push({ text: pattern[at] ?? "" });
    at += wild?.length ?? 1;
  }
  return parts;
}

function wildAt(pattern: string, at: number): "*" | "**" | "?" | null {
  const character = pattern[at];
  if (character === "?") return "?";
  if (character !== "*") return null;
  return pattern[at + 1] === "*" ? "**" : "*";
}

function closingBrace(pattern: string, open: number): number {
  let depth = 0;
  for (let at = open; at < pattern.length; at += 1) {
    if (pattern[at] === "{") depth += 1;
    if (pattern[at] === "}") depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
}

/** Splits at the commas that are in no inner braces. */
function splitChoices(text: string): readonly string[] {
  const choices = [""];
  let depth = 0;
  for (const character of text) {
    if (character === "{") depth += 1;
    if (character === "}") depth -= 1;
    if (character === "," && depth === 0) choices.push("");
    else choices.push((choices.pop() ?? "") + character);
  }
  return choices;
}

/** The places in `name` where `parts` can end when they start at one of `starts`. */
function advance(parts: readonly GlobPart[], name: string, starts: ReadonlySet<number>): ReadonlySet<number> {
  let places = starts;
  for (const part of parts) {
    const next = new Set<number>();
    if (typeof part === "object" && "either" in part) {
      for (const choice of part.either) for (const end of advance(choice, name, places)) next.add(end);
    } else {
      for (const place of places) addEnds(part, name, place, next);
    }
    places = next;
  }
  return places;
}

function addEnds(
  part: "*" | "**" | "?" | { readonly text: string },
  name: string,
  place: number,
  ends: Set<number>,
): void {
  if (typeof part === "object") {
    if (name.startsWith(part.text, place)) ends.add(place + part.text.length);
  } else if (part === "?") {
    if (place < name.length && name[place] !== "/") ends.add(place + 1);
  } else {
    const slash = part === "**" ? -1 : name.indexOf("/", place);
    const last = slash === -1 ? name.length : slash;
    ends.add(place);
    // Where an earlier place has been already, it has also gone on.
    for (let at = place + 1; at <= last && !ends.has(at); at += 1) ends.add(at);
  }
}
