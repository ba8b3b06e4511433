import type { Operation } from "./operation.ts";
import { COMMENT_ROWS } from "./operations/comments.ts";
import { DOOR_ROWS } from "./operations/doors.ts";
import { ISSUE_ROWS } from "./operations/issues.ts";
import { PEOPLE_ROWS } from "./operations/people.ts";
import { PIPELINE_ROWS } from "./operations/pipelines.ts";
import { PULL_REQUEST_ROWS } from "./operations/pull-requests.ts";
import { REFUSED_FAMILIES } from "./operations/refused.ts";
import { REPORT_ROWS } from "./operations/reports.ts";
import { REPOSITORY_ROWS } from "./operations/repository.ts";
import { SOURCE_ROWS } from "./operations/sources.ts";
import { TASK_ROWS } from "./operations/tasks.ts";

/** Every operation that the broker knows, what it refuses to every step included. What is not here is denied. */
export const OPERATIONS: readonly Operation[] = [
  ...REPOSITORY_ROWS,
  ...SOURCE_ROWS,
  ...PULL_REQUEST_ROWS,
  ...COMMENT_ROWS,
  ...TASK_ROWS,
  ...PIPELINE_ROWS,
  ...REPORT_ROWS,
  ...ISSUE_ROWS,
  ...PEOPLE_ROWS,
  ...REFUSED_FAMILIES.map(({ operation }) => operation),
  ...DOOR_ROWS,
];

const BY_ID: ReadonlyMap<string, Operation> = new Map(OPERATIONS.map((row) => [row.id, row]));

/** The tools of the built-in server: each tool once, in the order of the table (reference, section 3). */
export const SHIPPED_TOOLS: readonly string[] = [
  ...new Set(OPERATIONS.flatMap((row) => (row.tool === null ? [] : [row.tool]))),
];

const SHIPPED: ReadonlySet<string> = new Set(SHIPPED_TOOLS);

/** True for a tool of the built-in server. */
export function isShippedTool(tool: string): boolean {
  return SHIPPED.has(tool);
}

/** The row with this id. A missing one is a caller's bug: `TypeError`. */
export function operationById(id: string): Operation {
  const row = BY_ID.get(id);
  if (row === undefined) throw new TypeError(`there is no operation ${id}`);
  return row;
}
