import { normalisePath } from "./read-path.ts";

/** A file that a prompt includes: as written, and its path below the clone directory, or null when it has none. */
export type IncludedFile = { readonly written: string; readonly path: string | null };

/** An exclamation mark at the start of a word, then something with a dot, a slash or a variable in it. */
const INCLUDED = /(?<=^|\s)!([\w.~/$][^\s,;:!?)"'\]]*)/gu;

/** Rovo's prompts file, which `/prompts NAME` takes a prompt from. */
const PROMPTS_FILE = ".rovodev/prompts.yml";

/**
 * Rovo includes a file where a prompt says `!.rovodev/prompts/x.md`, also several in prose, and takes whole prompts from
 * a file where it says `/prompts NAME` (reference, section 2). Such a file steers the agent as the prompt does.
 */
export function includedFiles(prompt: string): readonly IncludedFile[] {
  const files = [...prompt.matchAll(INCLUDED)]
    .map((match) => (match[1] ?? "").replace(/\.+$/, ""))
    .filter((written) => /[./$~]/.test(written))
    .map((written) => ({ written, path: normalisePath(written) ?? null }));
  const named = /(?:^|\s)\/prompts\s+\S/u.test(prompt);
  return named ? [...files, { written: PROMPTS_FILE, path: PROMPTS_FILE }] : files;
}
