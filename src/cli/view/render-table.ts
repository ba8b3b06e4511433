import { inert } from "../../base/index.ts";

/** Rows in columns, two spaces apart; every cell is made inert. Without rows, nothing. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return [];
  const cells = [head, ...rows].map((row) => row.map((cell) => inert(cell)));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => widthOf(row[column] ?? ""))));
  return cells.map((row) =>
    row
      .map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - widthOf(cell)))
      .join("  ")
      .trimEnd(),
  );
}

/** Characters, not code units. */
function widthOf(text: string): number {
  return [...text].length;
}
