/** Texts that earlier steps saved, by name. */
export type Saved = ReadonlyMap<string, string>;

const REFERENCE = /\$\{saved\.(?<saved>[a-z][a-z0-9_]*)\}|\$(?:\{(?<braced>BITBUCKET_\w+)\}|(?<plain>BITBUCKET_\w+))/gu;
const WHOLE = new RegExp(`^(?:${REFERENCE.source})$`, "u");

/** Puts `$BITBUCKET_*` and `${saved.NAME}` into a text. Throws an `Error` naming what is not there. */
export function fillIn(text: string, saved: Saved): string {
  return text.replaceAll(REFERENCE, (...match: unknown[]) => {
    // Sound: the expression has named groups, so the last argument is their object.
    const groups = match.at(-1) as { saved?: string; braced?: string; plain?: string };
    if (groups.saved !== undefined) return savedText(groups.saved, saved);
    const variable = groups.braced ?? groups.plain ?? "";
    const value = process.env[variable];
    if (value === undefined) throw new Error(`the variable ${variable} is not set`);
    return value;
  });
}

/** The same in every text inside a value. A text that is one reference to a whole number becomes that number. */
export function fillInValue(value: unknown, saved: Saved): unknown {
  if (typeof value === "string") {
    const filled = fillIn(value, saved);
    return WHOLE.test(value) && /^\d{1,15}$/u.test(filled) ? Number(filled) : filled;
  }
  if (Array.isArray(value)) return value.map((member) => fillInValue(member, saved));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, fillInValue(member, saved)]));
}

/** A saved text. Throws an `Error` when no step saved it. */
export function savedText(name: string, saved: Saved): string {
  const text = saved.get(name);
  if (text === undefined) throw new Error(`no earlier step saved ${name}`);
  return text;
}
