/** A Markdown table; a bar in a cell is escaped. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const escape = (cell: string): string => cell.replaceAll("|", "\\|");
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.map(escape).join(" | ")} |`).join("\n");
}

/** A Markdown list, one line an item. */
export function formatList(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join("\n");
}
