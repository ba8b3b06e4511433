import type { Writable } from "node:stream";
import { systemErrorCode } from "../base/index.ts";
import { writeJson } from "./view/write-json.ts";

/** Where a command prints. Text must be inert already. */
export interface Output {
  /** A line on standard output: the answer. */
  line(text: string): void;
  /** One JSON document on standard output, indented. */
  document(value: unknown): void;
  /** One JSON document on one line of standard output. */
  jsonLine(value: unknown): void;
  /** Raw text on standard output, as it is: for what is no table, such as an exported ledger. */
  raw(text: string | Buffer): void;
  /** A line on standard error: progress and errors. */
  progress(text: string): void;
  /** True once the reader of standard output has gone (`| head`); what is printed after that is dropped. */
  readonly closed: boolean;
}

/** Prints to two streams. A reader that goes away ends nothing: the command finishes its work, quietly. */
export function createOutput(stdout: Writable, stderr: Writable): Output {
  let closed = false;
  stdout.on("error", (error) => {
    if (systemErrorCode(error) !== "EPIPE") throw error;
    closed = true;
  });
  stderr.on("error", (error) => {
    if (systemErrorCode(error) !== "EPIPE") throw error;
  });
  const raw = (text: string | Buffer): void => {
    if (!closed) stdout.write(text);
  };
  return {
    line: (text) => raw(`${text}\n`),
    document: (value) => raw(`${writeJson(value, 2)}\n`),
    jsonLine: (value) => raw(`${writeJson(value)}\n`),
    raw,
    progress: (text) => void stderr.write(`${text}\n`),
    get closed() {
      return closed;
    },
  };
}
