import { format, resolveConfig } from "prettier";
import { replaceSection } from "./replace-section.ts";
import type { Section } from "./sections.ts";

/** `text` of the document at `path` with its sections made anew and formatted; a missing marker is a problem. */
export async function renderDocument(
  text: string,
  path: string,
  sections: readonly Section[],
): Promise<{ readonly text: string; readonly problems: readonly string[] }> {
  const problems: string[] = [];
  let rendered = text;
  for (const { file, id, make } of sections) {
    const next = replaceSection(rendered, id, make());
    if (next === null) problems.push(`${file}: the markers of the generated section ${id} are missing`);
    else rendered = next;
  }
  const options = { ...(await resolveConfig(path)), filepath: path };
  return { text: await format(rendered, options), problems };
}
