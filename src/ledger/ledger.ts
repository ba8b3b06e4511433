import { createHash } from "node:crypto";
import { closeSync, constants, createReadStream, fstatSync, ftruncateSync, openSync } from "node:fs";
import { dirname } from "node:path";
import {
  assertPrivate,
  ensurePrivateFolder,
  SallyportError,
  syncFolder,
  systemErrorCode,
  type Clock,
} from "../base/index.ts";
import type { Database } from "../db/index.ts";
import { createAppendFile } from "./append-file.ts";
import { sealEntry, type Head, type LedgerEntry } from "./chain.ts";
import { claimChain, releaseChain, reopenChain, saveHead } from "./chains.ts";
import { parseEvent, type LedgerEvent } from "./events.ts";
import { ledgerFile } from "./ledger-file.ts";
import { LINE_LIMIT } from "./read-lines.ts";
import { verifyFile, type Anchor } from "./verify.ts";

/** The audit log of one run, open for writing by this process alone. */
export interface Ledger extends AsyncDisposable {
  readonly run: string;
  /**
   * Appends in the order of the calls. `durable`: resolves when the entry is on disk; otherwise at once, and it is on
   * disk within 50 ms. Rejects with `machine-fault` when it cannot be written, and so does every call after that.
   * Throws `TypeError` for what is no event.
   */
  append(event: LedgerEvent, options: { readonly durable: boolean }): Promise<LedgerEntry>;
  /** Calls `listener` with each new entry, in order. Returns the function that ends it. */
  onEntry(listener: (entry: LedgerEntry) => void): () => void;
  /** Brings everything to disk and closes the chain. Rejects if anything could not be written. Once only counts. */
  close(): Promise<void>;
}

export type LedgerOptions = {
  readonly home: string;
  readonly database: Database;
  readonly run: string;
  readonly clock: Clock;
};

/** Entries after which the head is noted in the database again. */
const HEAD_INTERVAL = 1_000;

/**
 * Opens `home/ledger/<run>.jsonl`, new or for going on. The existing part is verified first; a torn tail is cut off and
 * `ledger.recovered` written. Throws `refused` while somebody else writes it, `state-unsafe` when it was tampered with.
 */
export async function openLedger({ home, database, run, clock }: LedgerOptions): Promise<Ledger> {
  const path = ledgerFile(home, run);
  ensurePrivateFolder(dirname(path));
  const anchor = await claimChain(database, run);
  try {
    const found = await examine(path, anchor);
    if (anchor.closed) await reopenChain(database, run);
    const descriptor = openForAppending(path, found.bytes);
    const ledger = ledgerOver(found.head, { path, descriptor, size: found.bytes }, { database, run, clock });
    if (found.dropped !== undefined) await ledger.append(found.dropped, { durable: true });
    return ledger;
  } catch (error) {
    await releaseChain(database, run, undefined);
    throw error;
  }
}

type Examined = { readonly head: Head; readonly bytes: number; readonly dropped?: LedgerEvent };

async function examine(path: string, anchor: Anchor): Promise<Examined> {
  const verification = await verifyFile(path, anchor);
  const { head, bytes } = verification;
  if (verification.ok) return { head, bytes };
  if (verification.reason !== "torn") {
    const { line, reason, detail } = verification;
    throw new SallyportError(
      "state-unsafe",
      `${path} is not as it was written: line ${line}, ${reason}: ${detail}. Keep it as evidence and start a new run.`,
      { details: { line, reason } },
    );
  }
  const digest = createHash("sha256");
  let droppedBytes = 0;
  // Sound: without an encoding a read stream yields buffers.
  for await (const chunk of createReadStream(path, { start: bytes }) as AsyncIterable<Buffer>) {
    digest.update(chunk);
    droppedBytes += chunk.length;
  }
  return { head, bytes, dropped: { type: "ledger.recovered", droppedBytes, droppedDigest: digest.digest("hex") } };
}

/** Opens the file, cut to its sound part. */
function openForAppending(path: string, size: number): number {
  const descriptor = openFile(path);
  try {
    const stats = fstatSync(descriptor);
    assertPrivate(path, stats);
    if (stats.size > size) ftruncateSync(descriptor, size);
    // The new name must survive a power cut as the lines do.
    syncFolder(dirname(path));
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function openFile(path: string): number {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
  try {
    return openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
  } catch (cause) {
    if (systemErrorCode(cause) === "ELOOP") {
      throw new SallyportError("state-unsafe", `${path} is a symbolic link; move it away.`);
    }
    throw new SallyportError("machine-fault", `${path} cannot be opened; check its permissions and the disk.`, {
      cause,
    });
  }
}

function ledgerOver(
  start: Head,
  { path, descriptor, size }: { readonly path: string; readonly descriptor: number; readonly size: number },
  { database, run, clock }: { readonly database: Database; readonly run: string; readonly clock: Clock },
): Ledger {
  const file = createAppendFile(path, { descriptor, size, onSynced });
  const listeners = new Set<(entry: LedgerEntry) => void>();
  /** Heads of the entries that are not yet on disk, oldest first. */
  let unsynced: Head[] = [];
  let head = start;
  let savedSeq = start.seq;
  let closing: Promise<void> | undefined;

  function onSynced(lines: number): void {
    const reached = unsynced[lines - 1];
    unsynced = unsynced.slice(lines);
    if (reached === undefined || reached.seq - savedSeq < HEAD_INTERVAL) return;
    savedSeq = reached.seq;
    // A head that is not saved loses no entry, and the same fault shows when the chain is closed.
    saveHead(database, run, reached).catch(() => {});
  }

  async function append(event: LedgerEvent, { durable }: { readonly durable: boolean }): Promise<LedgerEntry> {
    if (closing !== undefined) throw new TypeError(`the ledger of run ${run} is closed`);
    const { entry, line } = sealEntry(head, clock.now(), parseEvent(event));
    if (line.length > LINE_LIMIT / 4) throw new TypeError("a ledger event is too long");
    head = { seq: entry.seq, hash: entry.hash, time: entry.time };
    unsynced.push(head);
    const written = file.append(line, durable);
    for (const listener of listeners) queueMicrotask(() => listener(entry));
    await written;
    return entry;
  }

  async function closeChain(): Promise<void> {
    let reached: Head | undefined;
    try {
      await file.close();
      reached = head;
    } finally {
      await releaseChain(database, run, reached);
    }
  }

  const close = (): Promise<void> => (closing ??= closeChain());

  return {
    run,
    append,
    close,
    onEntry(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    [Symbol.asyncDispose]: close,
  };
}
