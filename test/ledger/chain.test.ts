import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { EMPTY_HEAD, sealEntry, type Head } from "../../src/ledger/chain.ts";
import type { LedgerEvent } from "../../src/ledger/events.ts";
import { LINE_LIMIT } from "../../src/ledger/read-lines.ts";
import { verifyFile, type Anchor, type Verification } from "../../src/ledger/verify.ts";

const folder = mkdtempSync(join(tmpdir(), "sallyport-chain-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LENGTH = 12;
const { lines, heads } = chainOf(LENGTH, "harmless ünïcödé \u2028 \n text");
const whole = Buffer.concat(lines);
const closed: Anchor = { head: headAt(LENGTH), closed: true };

describe("a chain as it was written", () => {
  test("verifies, alone and against what is known of it", async () => {
    expect(await verify(whole)).toEqual({ ok: true, entries: LENGTH, head: headAt(LENGTH), bytes: whole.length });
    expect(await verify(whole, closed)).toMatchObject({ ok: true });
    expect(await verify(whole, { head: headAt(3), closed: false })).toMatchObject({ ok: true });
    expect(await verify(Buffer.alloc(0))).toMatchObject({ ok: true, entries: 0 });
    expect(await verifyFile(join(folder, "missing"))).toMatchObject({ ok: true, entries: 0 });
  });

  test("verifies across the borders of what is read at once", async () => {
    const long = chainOf(2_000, "x".repeat(900));
    expect(await verify(Buffer.concat(long.lines))).toMatchObject({ ok: true, entries: 2_000 });
  });

  test("never runs backwards in time", () => {
    const late = sealEntry({ ...EMPTY_HEAD, time: 5_000 }, 1_000, notice("clock set back"));
    expect(late.entry.time).toBe(5_000);
  });
});

describe("a chain that was tampered with", () => {
  test("in any one byte is found", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bytes = Buffer.from(whole);
        // Sound: `at` is inside the buffer.
        bytes[at] = bytes[at]! ^ change;
        const verification = await verify(bytes);
        expect(verification.ok).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  const index = fc.nat(LENGTH - 1);

  test("by taking out a line is found there", async () => {
    await fc.assert(
      fc.asyncProperty(index, async (at) => {
        const verification = await verify(Buffer.concat(lines.toSpliced(at, 1)), closed);
        const last = at === LENGTH - 1;
        expect(verification).toMatchObject({ ok: false, line: at + 1, reason: last ? "truncated" : "removed" });
      }),
    );
  });

  test("by putting a line in twice is found there", async () => {
    await fc.assert(
      fc.asyncProperty(index, index, async (from, to) => {
        const verification = await verify(Buffer.concat(lines.toSpliced(to, 0, lineAt(from))), closed);
        expect(verification).toMatchObject({ ok: false, reason: from > to ? "reordered" : "inserted" });
      }),
    );
  });

  test("by exchanging two lines is found there", async () => {
    await fc.assert(
      fc.asyncProperty(index, index, async (one, other) => {
        fc.pre(one < other);
        const bytes = Buffer.concat(lines.with(one, lineAt(other)).with(other, lineAt(one)));
        expect(await verify(bytes)).toMatchObject({ ok: false, line: one + 1, reason: "reordered" });
      }),
    );
  });

  test("by cutting it anywhere is found", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), async (length) => {
        expect(await verify(whole.subarray(0, length), closed)).toMatchObject({ ok: false, reason: "truncated" });
      }),
      { numRuns: 300 },
    );
  });

  test("by cutting inside a line is found without knowing its end", async () => {
    expect(await verify(whole.subarray(0, whole.length - 1))).toMatchObject({ line: LENGTH, reason: "torn" });
    expect(await verify(Buffer.concat([whole, Buffer.alloc(4096)]))).toMatchObject({
      line: LENGTH + 1,
      reason: "torn",
    });
  });

  test("by writing a whole new chain, each hash right, is found by what is known of the old", async () => {
    const other = Buffer.concat(chainOf(LENGTH, "another story").lines);
    expect(await verify(other)).toMatchObject({ ok: true });
    expect(await verify(other, closed)).toMatchObject({ ok: false, line: LENGTH, reason: "edited" });
    expect(await verify(other, { head: headAt(4), closed: false })).toMatchObject({ line: 4, reason: "edited" });
  });

  test("by going on with another chain's lines, each hash right, is found where they begin", async () => {
    const other = chainOf(LENGTH, "another story").lines;
    const bytes = Buffer.concat([...lines.slice(0, 5), ...other.slice(5)]);
    expect(await verify(bytes)).toMatchObject({ ok: false, line: 6, reason: "edited" });
  });

  test("by a time before the last one is found", async () => {
    const { line } = sealEntry({ ...headAt(LENGTH), time: 0 }, 1, notice("back in time"));
    expect(await verify(Buffer.concat([whole, Buffer.from(line)]))).toMatchObject({
      line: LENGTH + 1,
      reason: "edited",
    });
  });

  test("by going on after its end is found", async () => {
    const { line } = sealEntry(headAt(LENGTH), 0, notice("one more"));
    const longer = Buffer.concat([whole, Buffer.from(line)]);
    expect(await verify(longer, closed)).toMatchObject({ ok: false, line: LENGTH + 1, reason: "inserted" });
    expect(await verify(longer, { ...closed, closed: false })).toMatchObject({ ok: true });
  });

  const HOSTILE: readonly (readonly [string, Buffer])[] = [
    ["an empty line", Buffer.from("\n")],
    ["text", Buffer.from("hello\n")],
    ["an object", Buffer.from("{}\n")],
    ["a carriage return", Buffer.from(`${lineAt(0).toString().trimEnd()}\r\n`)],
    ["a sequence number with a leading zero", Buffer.from(lineAt(0).toString().replace('"seq":1', '"seq":01'))],
    ["a line without end", Buffer.alloc(LINE_LIMIT * 3, "a")],
    ["only NUL, in lines", Buffer.from("\0\0\n\0\n")],
  ];
  test.each(HOSTILE)("with %s for a first line is found", async (_what, bytes) => {
    expect(await verify(bytes)).toMatchObject({ ok: false, line: 1, reason: "edited" });
  });

  test("whatever bytes they are", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 400 }), async (bytes) => {
        expect((await verify(Buffer.from(bytes))).ok).toBe(false);
      }),
    );
  });
});

function chainOf(length: number, text: string): { readonly lines: readonly Buffer[]; readonly heads: readonly Head[] } {
  const made: Buffer[] = [];
  const reached: Head[] = [];
  let head = EMPTY_HEAD;
  for (let number = 1; number <= length; number += 1) {
    const { entry, line } = sealEntry(head, 1_000 * number, notice(`${text} ${number}`));
    head = { seq: entry.seq, hash: entry.hash, time: entry.time };
    made.push(Buffer.from(line));
    reached.push(head);
  }
  return { lines: made, heads: reached };
}

function notice(text: string): LedgerEvent {
  return { type: "notice", step: 1, text };
}

function headAt(seq: number): Head {
  return heads[seq - 1] ?? EMPTY_HEAD;
}

function lineAt(index: number): Buffer {
  return lines[index] ?? Buffer.alloc(0);
}

function verify(bytes: Buffer, anchor?: Anchor): Promise<Verification> {
  const file = join(folder, "chain.jsonl");
  writeFileSync(file, bytes);
  return verifyFile(file, anchor);
}
