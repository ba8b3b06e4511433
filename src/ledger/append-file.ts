import { close, fdatasync, ftruncate, write } from "node:fs";
import { SallyportError } from "../base/index.ts";

/**
 * The end of a file, with group commit: while one batch of lines is written and synced, the next one gathers. Lines are
 * written in the order of the calls. After the first fault nothing is written any more.
 */
export interface AppendFile {
  /** Resolves when the line is on disk if `durable`, else at once; it is then on disk within 50 ms, or at `close`. */
  append(line: string, durable: boolean): Promise<void>;
  /** Resolves when all that was appended is on disk. */
  flush(): Promise<void>;
  /** Flushes and closes the descriptor; rejects with the fault if there was one. */
  close(): Promise<void>;
}

/** Half of the 50 ms that design, rule 14 gives to what need not be durable at once. */
const DELAY = 25;
/** Pending text that is written without waiting (UTF-16 code units). */
const EAGER_LENGTH = 1 << 20;

type Waiter = { readonly resolve: () => void; readonly reject: (error: Error) => void };

export type AppendTarget = {
  /** Open for appending. */
  readonly descriptor: number;
  /** Length of the file in bytes. */
  readonly size: number;
  /** Called after each sync with the number of lines that it brought to disk. */
  readonly onSynced: (lines: number) => void;
};

/** `name` is what an error calls the file. */
export function createAppendFile(name: string, { descriptor, size, onSynced }: AppendTarget): AppendFile {
  let lines: string[] = [];
  let length = 0;
  let waiters: Waiter[] = [];
  let timer: NodeJS.Timeout | undefined;
  let busy = false;
  let onDisk = size;
  let fault: SallyportError | undefined;

  function append(line: string, durable: boolean): Promise<void> {
    if (fault !== undefined) return Promise.reject(fault);
    lines.push(line);
    length += line.length;
    if (durable) return flush();
    if (length >= EAGER_LENGTH) start();
    else timer ??= setTimeout(start, DELAY);
    return Promise.resolve();
  }

  function flush(): Promise<void> {
    if (fault !== undefined) return Promise.reject(fault);
    if (lines.length === 0 && !busy) return Promise.resolve();
    return new Promise((resolve, reject) => {
      waiters.push({ resolve, reject });
      start();
    });
  }

  /** The batch is taken one turn of the event loop later, so that writers woken by the last one share it. */
  function start(): void {
    clearTimeout(timer);
    timer = undefined;
    if (busy) return;
    busy = true;
    setImmediate(() => void writeBatch());
  }

  async function writeBatch(): Promise<void> {
    const batch = lines;
    const waiting = waiters;
    lines = [];
    waiters = [];
    length = 0;
    try {
      if (batch.length > 0) await writeAll(Buffer.from(batch.join(""), "utf8"));
      for (const waiter of waiting) waiter.resolve();
      onSynced(batch.length);
    } catch (error) {
      await fail(error, waiting);
    }
    busy = false;
    if (lines.length > 0 || waiters.length > 0) start();
  }

  async function writeAll(bytes: Buffer): Promise<void> {
    for (let done = 0; done < bytes.length;) done += await writeSome(descriptor, bytes, done);
    await call((callback) => fdatasync(descriptor, callback));
    onDisk += bytes.length;
  }

  /** Fail closed, and take back what a full disk let through, so that no half line stays. */
  async function fail(cause: unknown, waiting: readonly Waiter[]): Promise<void> {
    const error = new SallyportError(
      "machine-fault",
      `${name} cannot be written; free disk space and start the run again.`,
      {
        cause,
      },
    );
    fault = error;
    // A file that cannot be shortened either is recovered at the next opening, as a torn one.
    await call((callback) => ftruncate(descriptor, onDisk, callback)).catch(() => {});
    for (const waiter of [...waiting, ...waiters]) waiter.reject(error);
    lines = [];
    waiters = [];
  }

  async function closeFile(): Promise<void> {
    try {
      await flush();
    } finally {
      clearTimeout(timer);
      await call((callback) => close(descriptor, callback));
    }
  }

  return { append, flush, close: closeFile };
}

function writeSome(descriptor: number, bytes: Buffer, offset: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(descriptor, bytes, offset, bytes.length - offset, null, (error, written) =>
      error === null ? resolve(written) : reject(error),
    );
  });
}

function call(start: (callback: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => start((error) => (error === null ? resolve() : reject(error))));
}
