import type { Operation } from "../policy/index.ts";
import type { ArgumentText } from "./tool-arguments.ts";
import type { Shape } from "./trim-answer.ts";

/** One tool of the built-in server, as data: a row of the tools table. */
export type ToolRow = {
  /** The row of the operations table that it does; the tool is named after its `tool`. */
  readonly operation: string;
  /** The operation that it does instead when an argument that only that one has is given. */
  readonly narrowed?: string;
  readonly title: string;
  readonly description: string;
  readonly required: readonly string[];
  /** What an argument means here, where the general text would not do. */
  readonly arguments?: Readonly<Record<string, ArgumentText>>;
  /** True when a call replaces what was there. */
  readonly replaces?: boolean;
  /** What of the forge's JSON a model needs. */
  readonly shape?: Shape;
};

/** A tool ready to be listed and called. */
export type Tool = {
  readonly name: string;
  readonly operation: Operation;
  readonly narrowed: Operation | null;
  readonly row: ToolRow;
};
