import { Transform } from "node:stream";

const MASK = Buffer.from("[redacted]");

/**
 * Replaces each occurrence of `key` in a byte stream, also across chunk borders. Holds back only bytes that may be the
 * start of the key, so an answer that streams is not delayed.
 */
export function createKeyMask(key: string): Transform {
  const needle = Buffer.from(key);
  let held = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const clean = replaceAll(bytes, needle);
      const kept = heldBack(clean.tail, needle);
      held = Buffer.from(clean.tail.subarray(clean.tail.length - kept));
      for (const part of clean.done) this.push(part);
      this.push(clean.tail.subarray(0, clean.tail.length - kept));
      done();
    },
    flush(done) {
      this.push(held);
      done();
    },
  });
}

function replaceAll(bytes: Buffer, needle: Buffer): { readonly done: readonly Buffer[]; readonly tail: Buffer } {
  const done: Buffer[] = [];
  let rest = bytes;
  for (let at = rest.indexOf(needle); at !== -1; at = rest.indexOf(needle)) {
    done.push(rest.subarray(0, at), MASK);
    rest = rest.subarray(at + needle.length);
  }
  return { done, tail: rest };
}

/** How many bytes at the end of `bytes` are a beginning of `needle`. */
function heldBack(bytes: Buffer, needle: Buffer): number {
  const longest = Math.min(needle.length - 1, bytes.length);
  for (let size = longest; size > 0; size -= 1) {
    if (bytes.subarray(bytes.length - size).equals(needle.subarray(0, size))) return size;
  }
  return 0;
}
