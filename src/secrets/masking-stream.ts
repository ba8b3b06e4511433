import { Transform } from "node:stream";
import type { Secret } from "../base/index.ts";
import { secretForms } from "./secret-forms.ts";

/** What stands in a masked value's place. */
export const MASK = "[secret]";

/** Masks values in a sequence of chunks. What a chunk ends with is held back only while it may be the start of a value. */
export interface Masker {
  /** What can be shown by now. */
  write(chunk: Uint8Array): Buffer;
  /** What was held back. */
  end(): Buffer;
}

type Interval = { readonly start: number; readonly end: number };

/**
 * A masker for these values and their encodings (`secretForms`). Overlapping occurrences become one mask. It holds back
 * at most the longest form less one byte.
 */
export function createMasker(secrets: readonly Secret[]): Masker {
  const forms = [...new Set(secrets.flatMap(secretForms))];
  const starts = Map.groupBy(forms, (form) => form[0]);
  const longest = forms.reduce((length, form) => Math.max(length, form.length), 0);
  /** Bytes as latin1 text, so that one character is one byte. */
  let held = "";
  /** How much of `held` belongs to an occurrence whose mask was already written. */
  let covered = 0;

  function write(chunk: Uint8Array): Buffer {
    const text = held + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString("latin1");
    return emit(text, holdFrom(text, starts, longest));
  }

  function emit(text: string, cut: number): Buffer {
    const intervals = mergeIntervals([
      ...occurrences(text, forms),
      ...(covered > 0 ? [{ start: 0, end: covered }] : []),
    ]);
    let output = "";
    let position = 0;
    let over = Math.max(0, covered - cut);
    for (const { start, end } of intervals) {
      if (start >= cut) break;
      output += text.slice(position, start);
      if (start > 0 || covered === 0) output += MASK;
      position = Math.min(end, cut);
      over = end - position;
    }
    output += text.slice(position, cut);
    held = text.slice(cut);
    covered = over;
    return Buffer.from(output, "latin1");
  }

  return { write, end: () => emit(held, held.length) };
}

/** The same for one text that is there as a whole. */
export function maskSecrets(secrets: readonly Secret[], text: string): string {
  const masker = createMasker(secrets);
  return Buffer.concat([masker.write(Buffer.from(text, "utf8")), masker.end()]).toString("utf8");
}

/** A byte stream that masks these values. */
export function createMaskingStream(secrets: readonly Secret[]): Transform {
  const masker = createMasker(secrets);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      done(null, masker.write(chunk));
    },
    flush(done) {
      done(null, masker.end());
    },
  });
}

/** The first position from which the text may be the unfinished start of a form; its length when there is none. */
function holdFrom(text: string, starts: Map<string | undefined, string[]>, longest: number): number {
  for (let position = Math.max(0, text.length - longest + 1); position < text.length; position += 1) {
    const forms = starts.get(text[position]);
    if (forms === undefined) continue;
    const rest = text.slice(position);
    if (forms.some((form) => form.length > rest.length && form.startsWith(rest))) return position;
  }
  return text.length;
}

function occurrences(text: string, forms: readonly string[]): Interval[] {
  const found: Interval[] = [];
  for (const form of forms) {
    for (let start = text.indexOf(form); start !== -1; start = text.indexOf(form, start + 1)) {
      found.push({ start, end: start + form.length });
    }
  }
  return found;
}

/** In order, with those that overlap joined. */
function mergeIntervals(intervals: Interval[]): readonly Interval[] {
  const merged: Interval[] = [];
  for (const next of intervals.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last === undefined || next.start >= last.end) merged.push(next);
    else merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, next.end) };
  }
  return merged;
}
