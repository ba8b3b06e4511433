import type { Operation } from "./operation.ts";
import { OPERATION_ROWS } from "./operations.table.ts";

const BY_ID: ReadonlyMap<string, Operation> = new Map(OPERATION_ROWS.map((row) => [row.id, row]));

/** Every row, in the order of the table. */
export const OPERATIONS: readonly Operation[] = OPERATION_ROWS;

/** The tools of the built-in server: each tool once, in the order of the table (reference, section 3). */
export const SHIPPED_TOOLS: readonly string[] = [
  ...new Set(OPERATIONS.flatMap((row) => (row.tool === null ? [] : [row.tool]))),
];

/** The row with this id. A missing one is a caller's bug: `TypeError`. */
export function operationById(id: string): Operation {
  const row = BY_ID.get(id);
  if (row === undefined) throw new TypeError(`there is no operation ${id}`);
  return row;
}
