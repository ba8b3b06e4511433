import { open } from "node:fs/promises";

/** Lines of one chunk, without their newlines. `rest` is set in the last: what follows the last newline, perhaps nothing. */
export type LineBatch = { readonly lines: readonly Buffer[]; readonly rest?: Buffer };

const CHUNK = 1 << 18;
/** No entry is longer (bytes); a longer line is not ours, and is not gathered in memory. */
export const LINE_LIMIT = 1 << 20;

/**
 * Reads a ledger file in batches: an await for each chunk instead of each line. A line over `LINE_LIMIT` ends the
 * reading and is given as it is so far, as a line.
 */
export async function* readLines(file: string): AsyncGenerator<LineBatch> {
  await using handle = await open(file, "r");
  let held = Buffer.alloc(0);
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK);
    if (bytesRead === 0) break;
    const block = Buffer.concat([held, buffer.subarray(0, bytesRead)]);
    const end = block.lastIndexOf(10) + 1;
    held = block.subarray(end);
    const lines = splitLines(block.subarray(0, end));
    if (held.length > LINE_LIMIT) {
      yield { lines: [...lines, held] };
      return;
    }
    yield { lines };
  }
  yield { lines: [], rest: held };
}

function splitLines(block: Buffer): readonly Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < block.length;) {
    const end = block.indexOf(10, start);
    lines.push(block.subarray(start, end));
    start = end + 1;
  }
  return lines;
}
