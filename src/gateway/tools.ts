import { operationById } from "../policy/index.ts";
import type { Tool } from "./tool.ts";
import { TOOL_ROWS } from "./tools.table.ts";

/** The built-in tools, in the order in which they are listed. A row without a tool's name is a bug: `TypeError`. */
export const TOOLS: readonly Tool[] = TOOL_ROWS.map((row) => {
  const operation = operationById(row.operation);
  if (operation.tool === null) throw new TypeError(`operation ${operation.id} has no tool`);
  const narrowed = row.narrowed === undefined ? null : operationById(row.narrowed);
  return { name: operation.tool, operation, narrowed, row };
});
