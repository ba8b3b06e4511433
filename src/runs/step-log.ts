import { closeSync, constants, createReadStream, fstatSync, openSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { SallyportError, systemErrorCode } from "../base/index.ts";

/** Bitbucket keeps 50 MB of a step's log (reference, section 6: limits). Bytes. */
const STEP_LOG_LIMIT = 50_000_000;

/** A step's output on its way to disk. Writing is synchronous: what a crash interrupts is there up to that point. */
export interface StepLog extends Disposable {
  /**
   * Appends output, until the limit: then one line says that the rest is missing, and nothing more is kept. Returns what
   * was kept of it, with that line.
   */
  write(chunk: Uint8Array): Uint8Array;
  close(): void;
}

/** Opens a log for appending. Throws `machine-fault` when it cannot be opened, as `write` does when the disk is full. */
export function openStepLog(file: string, limit: number = STEP_LOG_LIMIT): StepLog {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
  const descriptor = orFault(file, () => openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600));
  let size = fstatSync(descriptor).size;
  let open = true;

  function write(chunk: Uint8Array): Uint8Array {
    if (!open || size > limit) return new Uint8Array();
    const room = limit - size;
    const end = Buffer.from(`\n[sallyport: the log ends here, at its limit of ${limit} bytes]\n`);
    const kept = chunk.length <= room ? chunk : Buffer.concat([chunk.subarray(0, room), end]);
    append(kept);
    return kept;
  }

  function append(bytes: Uint8Array): void {
    orFault(file, () => {
      for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done);
    });
    size += bytes.length;
  }

  function close(): void {
    if (open) closeSync(descriptor);
    open = false;
  }

  return { write, close, [Symbol.dispose]: close };
}

/** The log as it is now. Throws `not-found` when the step has none. */
export async function* readStepLog(file: string): AsyncGenerator<Buffer> {
  try {
    // Sound: without an encoding a read stream yields buffers.
    yield* createReadStream(file) as AsyncIterable<Buffer>;
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") throw error;
    throw new SallyportError("not-found", `There is no log at ${file}; the step has not started.`);
  }
}

/** Milliseconds between looks at a log that is being followed. */
const FOLLOW_INTERVAL = 100;

/**
 * The log from its start, and what is added, until `isOver` says so before a look that finds nothing new, or `signal`
 * aborts. A log that is not there yet is waited for.
 */
export async function* followStepLog(
  file: string,
  options: { readonly isOver: () => boolean | Promise<boolean>; readonly signal?: AbortSignal },
): AsyncGenerator<Buffer> {
  let position = 0;
  while (options.signal?.aborted !== true) {
    // Asked before reading: output written before the end is then always seen.
    const over = await options.isOver();
    const before = position;
    for await (const chunk of readFrom(file, position)) {
      position += chunk.length;
      yield chunk;
    }
    if (position > before) continue;
    if (over) return;
    await sleep(FOLLOW_INTERVAL);
  }
}

async function* readFrom(file: string, start: number): AsyncGenerator<Buffer> {
  try {
    await using handle = await open(file, "r");
    for (let position = start; ;) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(1 << 16), 0, 1 << 16, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") throw error;
  }
}

function orFault<Result>(file: string, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    throw new SallyportError("machine-fault", `${file} cannot be written; check the disk.`, { cause: error });
  }
}
