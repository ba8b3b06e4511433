import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Secret } from "../../src/base/index.ts";
import { createMasker, createMaskingStream, MASK, maskSecrets } from "../../src/secrets/index.ts";

const VALUE = "p4ss/w0rd+ünd more?";
const bytes = Buffer.from(VALUE);

/** What goes through a masker in chunks of these sizes, the rest in one. */
function inChunks(secrets: readonly string[], input: Buffer, sizes: readonly number[]): string {
  const masker = createMasker(secrets.map((value) => new Secret(value)));
  const output: Buffer[] = [];
  let position = 0;
  for (const size of sizes) {
    output.push(masker.write(input.subarray(position, position + size)));
    position += size;
  }
  output.push(masker.write(input.subarray(position)), masker.end());
  return Buffer.concat(output).toString("utf8");
}

describe("attack 37: a known value in a log", () => {
  const FORMS: readonly (readonly [what: string, text: string])[] = [
    ["as it is", VALUE],
    ["base64", bytes.toString("base64")],
    ["base64 without padding", bytes.toString("base64").replaceAll("=", "")],
    ["base64url", bytes.toString("base64url")],
    ["hex", bytes.toString("hex")],
    ["upper-case hex", bytes.toString("hex").toUpperCase()],
    ["URL-encoded", encodeURIComponent(VALUE)],
    ["URL-encoded in lower case", encodeURIComponent(VALUE).replaceAll(/%../g, (code) => code.toLowerCase())],
    ["as a form", new URLSearchParams({ q: VALUE }).toString().slice(2)],
    ["inside JSON", JSON.stringify(`"${VALUE}"`).slice(3, -3)],
  ];

  test.each(FORMS)("is masked %s", (_what, form) => {
    expect(maskSecrets([new Secret(VALUE)], `before ${form} after`)).toBe(`before ${MASK} after`);
  });

  test.each(FORMS)("is masked %s, wherever chunks end", (_what, form) => {
    const input = Buffer.from(`before ${form} after`);
    for (let cut = 0; cut <= input.length; cut += 1) {
      expect(inChunks([VALUE], input, [cut])).toBe(`before ${MASK} after`);
    }
    expect(inChunks([VALUE], input, Array(input.length).fill(1))).toBe(`before ${MASK} after`);
  });

  test.each([0, 1, 2, 3, 4])("is masked in base64 of a longer text, %i bytes in", (before) => {
    const text = Buffer.from(`${"x".repeat(before)}${VALUE}yz`).toString("base64");
    const shown = maskSecrets([new Secret(VALUE)], text);
    expect(shown).toContain(MASK);
    expect(Buffer.from(shown.replace(MASK, ""), "base64").toString()).not.toContain(VALUE.slice(2, -2));
    expect(shown.replace(MASK, "").length).toBeLessThanOrEqual(text.length - Math.floor(bytes.length / 3) * 4 + 4);
  });

  test("is masked line by line", () => {
    const key = "-----BEGIN KEY-----\nMC4CAQAwBQYDK2Vw\nBCIEIHw4cmVhbGx5\n-----END KEY-----\n";
    const shown = maskSecrets(
      [new Secret(key)],
      key
        .split("\n")
        .map((line) => `> ${line}`)
        .join("\r\n"),
    );
    expect(shown).not.toMatch(/MC4C|BCIE/);
  });
});

describe("the stream", () => {
  test("property: no value is left, in whatever chunks, and the rest is as it was", () => {
    const value = fc.stringMatching(/^[ab]{1,6}$/);
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 4 }),
        fc.stringMatching(/^[abc]{0,60}$/),
        fc.array(fc.nat(7), { maxLength: 20 }),
        (values, text, sizes) => {
          const shown = inChunks(values, Buffer.from(text), sizes);
          expect(shown).toBe(maskPlainly(values, text));
        },
      ),
      { numRuns: 3_000 },
    );
  });

  test("property: bytes that are no text pass unchanged", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(50)), (input, sizes) => {
        const masker = createMasker([new Secret("never in there, surely")]);
        const output: Buffer[] = [];
        let position = 0;
        for (const size of sizes) {
          output.push(masker.write(input.subarray(position, position + size)));
          position += size;
        }
        output.push(masker.write(input.subarray(position)), masker.end());
        expect(Buffer.concat(output).equals(input)).toBe(true);
      }),
    );
  });

  test("shows at once what cannot be the start of a value, and holds back no more than a value's length", () => {
    const masker = createMasker([new Secret("secret-value")]);
    expect(masker.write(Buffer.from("$ prompt> ")).toString()).toBe("$ prompt> ");
    expect(masker.write(Buffer.from("so sec")).toString()).toBe("so ");
    expect(masker.write(Buffer.from("ond")).toString()).toBe("second");
    expect(masker.write(Buffer.from("secret-valu")).toString()).toBe("");
    expect(masker.end().toString()).toBe("secret-valu");
  });

  test("works as a stream, with no values too", async () => {
    const masked = Readable.from([Buffer.from("a sec"), Buffer.from("ret b")]).pipe(
      createMaskingStream([new Secret("secret")]),
    );
    expect((await buffer(masked)).toString()).toBe(`a ${MASK} b`);
    const plain = Readable.from([Buffer.from("a secret b")]).pipe(createMaskingStream([new Secret("")]));
    expect((await buffer(plain)).toString()).toBe("a secret b");
  });

  test.each(["\ud800half", "%", "'", "\\", "\n", "$&", "[a-z]+"])("takes the value %j", (value) => {
    expect(maskSecrets([new Secret(value)], `before${value}after`)).not.toContain(`before${value}after`);
  });
});

/** The plain meaning: mark every character of every occurrence, then write one mask for each run of overlapping ones. */
function maskPlainly(values: readonly string[], text: string): string {
  const found = values.flatMap((value) =>
    Array.from(text, (_, start) => ({ start, end: start + value.length })).filter(({ start }) =>
      text.startsWith(value, start),
    ),
  );
  let shown = "";
  let position = 0;
  for (const { start, end } of found.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    if (start >= position) shown += text.slice(position, start) + MASK;
    position = Math.max(position, end);
  }
  return shown + text.slice(position);
}
