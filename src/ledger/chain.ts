import { hash } from "node:crypto";
import type { LedgerEvent } from "./events.ts";

/** One entry of a chain. `seq` counts from 1; `time` is in milliseconds and never runs backwards. */
export type LedgerEntry = {
  readonly seq: number;
  readonly time: number;
  /** The hash of the entry before, `EMPTY_HEAD.hash` for the first. */
  readonly previous: string;
  readonly event: LedgerEvent;
  /** SHA-256 over the stored bytes of the line up to its `,"hash":`, in lower-case hex. */
  readonly hash: string;
};

/** How far a chain reaches. */
export type Head = { readonly seq: number; readonly hash: string; readonly time: number };

export const EMPTY_HEAD: Head = { seq: 0, hash: "0".repeat(64), time: 0 };

/** The next entry and its line, with the newline. The line is JSON, and its hash stands at a fixed distance from its end. */
export function sealEntry(
  head: Head,
  now: number,
  event: LedgerEvent,
): { readonly entry: LedgerEntry; readonly line: string } {
  const seq = head.seq + 1;
  const time = Math.max(head.time, now);
  const previous = head.hash;
  const body = `{"seq":${seq},"time":${time},"previous":"${previous}","event":${JSON.stringify(event)}`;
  const sealed = hash("sha256", body, "hex");
  return { entry: { seq, time, previous, event, hash: sealed }, line: `${body},"hash":"${sealed}"}\n` };
}

/** What is wrong with a line, seen from the head before it. `order`: intact, but it does not belong here. */
export type LineCheck =
  | { readonly ok: true; readonly head: Head }
  | { readonly ok: false; readonly fault: "edited" }
  | { readonly ok: false; readonly fault: "order"; readonly seq: number };

const TAIL_START = ',"hash":"';
const TAIL_LENGTH = TAIL_START.length + 64 + 2;
const PREFIX = /^\{"seq":([1-9]\d{0,14}),"time":(\d{1,15}),"previous":"([0-9a-f]{64})","event":\{/;
/** The longest prefix: 7 + 15 + 8 + 15 + 13 + 64 + 11, rounded up. */
const PREFIX_LENGTH = 136;

/** Checks one line, without its newline, by the bytes as they are stored. */
export function checkLine(line: Buffer, head: Head): LineCheck {
  const bodyLength = line.length - TAIL_LENGTH;
  if (bodyLength <= 0) return { ok: false, fault: "edited" };
  const sealed = hash("sha256", line.subarray(0, bodyLength), "hex");
  if (line.toString("latin1", bodyLength) !== `${TAIL_START}${sealed}"}`) return { ok: false, fault: "edited" };
  const prefix = PREFIX.exec(line.toString("latin1", 0, Math.min(PREFIX_LENGTH, bodyLength)));
  if (prefix === null) return { ok: false, fault: "edited" };
  const seq = Number(prefix[1]);
  const time = Number(prefix[2]);
  if (seq !== head.seq + 1) return { ok: false, fault: "order", seq };
  if (prefix[3] !== head.hash || time < head.time) return { ok: false, fault: "edited" };
  return { ok: true, head: { seq, hash: sealed, time } };
}
