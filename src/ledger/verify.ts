import { systemErrorCode } from "../base/index.ts";
import { checkLine, EMPTY_HEAD, type Head } from "./chain.ts";
import { readLines } from "./read-lines.ts";

/** The ways in which a ledger can be wrong. */
const LEDGER_FAULTS = {
  edited: "the line's bytes do not match its hash, or it does not follow the line before",
  removed: "one or more entries before this line are gone",
  inserted: "this entry stands where it does not belong",
  reordered: "this entry and a later one have changed places",
  truncated: "entries that are known to have been written are gone from the end",
  torn: "the file ends in half a line, as a crash leaves it",
} as const;

export type LedgerFault = keyof typeof LEDGER_FAULTS;

/** The first fault stands at `line`, counted from 1. `head` and `bytes` tell how far the file is sound. */
export type Verification =
  | { readonly ok: true; readonly entries: number; readonly head: Head; readonly bytes: number }
  | {
      readonly ok: false;
      readonly line: number;
      readonly reason: LedgerFault;
      readonly detail: string;
      readonly head: Head;
      readonly bytes: number;
    };

/** What is known about a chain from elsewhere: it reaches at least so far, and no further if it is closed. */
export type Anchor = { readonly head: Head; readonly closed: boolean };

/**
 * Verifies a ledger file in one pass over its bytes. Without an `anchor`, a file cut at the end of a line cannot be
 * told from a shorter one. A missing file is an empty one.
 */
export async function verifyFile(file: string, anchor?: Anchor): Promise<Verification> {
  let head = EMPTY_HEAD;
  let bytes = 0;
  const fault = (reason: LedgerFault, line = head.seq + 1): Verification => ({
    ok: false,
    line,
    reason,
    detail: LEDGER_FAULTS[reason],
    head,
    bytes,
  });

  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const batch of readLines(file)) {
      for (const line of batch.lines) {
        const check = checkLine(line, head);
        if (!check.ok)
          return fault(check.fault === "edited" ? "edited" : await orderFault(file, head.seq + 1, check.seq));
        if (contradicts(check.head, anchor)) return fault(afterEnd(check.head, anchor) ? "inserted" : "edited");
        head = check.head;
        bytes += line.length + 1;
      }
      rest = batch.rest ?? rest;
    }
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") throw error;
  }
  if (anchor !== undefined && head.seq < anchor.head.seq) return fault("truncated");
  if (rest.length > 0) return fault("torn");
  return { ok: true, entries: head.seq, head, bytes };
}

function contradicts(head: Head, anchor: Anchor | undefined): boolean {
  if (anchor === undefined) return false;
  return afterEnd(head, anchor) || (head.seq === anchor.head.seq && head.hash !== anchor.head.hash);
}

function afterEnd(head: Head, anchor: Anchor | undefined): boolean {
  return anchor !== undefined && anchor.closed && head.seq > anchor.head.seq;
}

/** An intact line with the wrong number: is the expected one further down, already past, or nowhere? */
async function orderFault(file: string, expected: number, found: number): Promise<LedgerFault> {
  if (found < expected) return "inserted";
  const start = Buffer.from(`{"seq":${expected},`);
  for await (const { lines } of readLines(file)) {
    if (lines.some((line) => line.subarray(0, start.length).equals(start))) return "reordered";
  }
  return "removed";
}
