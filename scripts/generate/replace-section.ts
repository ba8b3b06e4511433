/**
 * `text` with the section `id` replaced by `body`, or null when it has no such section. A section stands between
 * `<!-- generated: ID -->` and the next `<!-- end -->`, each on a line of its own.
 */
export function replaceSection(text: string, id: string, body: string): string | null {
  const open = `<!-- generated: ${id} -->\n`;
  const start = text.indexOf(open);
  const end = text.indexOf("<!-- end -->", start);
  if (start < 0 || end < 0) return null;
  return `${text.slice(0, start)}${open}\n${body}\n\n${text.slice(end)}`;
}
