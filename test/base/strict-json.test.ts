import fc from "fast-check";
import { expect, test } from "vitest";

import { parseStrictJson } from "../../src/base/index.ts";

const nested = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);

test.each([
  ["a key twice", '{"a":1,"a":2}', "names a member twice"],
  ["a key twice, once escaped", '{"a":1,"\\u0061":2}', "names a member twice"],
  ["a key twice, deep", '[{"b":{"a":[],"c":"}","a":{}}}]', "names a member twice"],
  ["65 levels", nested(65), "more than 64 levels"],
  ["a million levels", nested(400_000), "more than 64 levels"],
  ["half a pair", '"\\ud800"', "half of a surrogate pair"],
  ["half a pair in a key", '{"\\udc00":1}', "half of a surrogate pair"],
  ["a number beyond all", "[1e999]", "a number that is too large"],
  ["a negative one", '{"a":-1E400}', "a number that is too large"],
  ["two values", "{} {}", "not JSON"],
  ["a comment", "{/* */}", "not JSON"],
  ["nothing", " ", "not JSON"],
  ["a byte order mark", "\uFEFF{}", "not JSON"],
  ["an open string", '"a', "not JSON"],
])("refuses %s", (_what, text, reason) => {
  expect(parseStrictJson(Buffer.from(text))).toEqual({ ok: false, reason: expect.stringContaining(reason) });
});

test.each([["ff"], ["c080"], ["22eda08022"], ["22f590808022"], ["22c3"]])("refuses the bytes %s", (hex) => {
  expect(parseStrictJson(Buffer.from(hex, "hex"))).toEqual({ ok: false, reason: "the body is not valid UTF-8" });
});

test.each([['{"a":{"a":[{"a":1}]},"b":"a"}'], [nested(64)], ['["\\"a","\\\\",-0.5e-7]'], ['{"__proto__":1}']])(
  "reads %s",
  (text) => {
    expect(parseStrictJson(Buffer.from(text))).toEqual({ ok: true, value: JSON.parse(text) });
  },
);

test("any value that JSON can write, indented or not, reads back", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 8 }), fc.constantFrom(undefined, 2), (text, indent) => {
      const value: unknown = JSON.parse(text);
      const written = Buffer.from(JSON.stringify(value, null, indent));
      // fast-check may write half a surrogate pair, which is refused on purpose.
      fc.pre(JSON.stringify(value).isWellFormed() && !/\\ud[89a-f]/iu.test(JSON.stringify(value)));
      expect(parseStrictJson(written)).toEqual({ ok: true, value });
    }),
  );
});

test("any bytes end in a value or a reason", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const parsed = parseStrictJson(bytes);
      if (!parsed.ok) expect(parsed.reason).not.toBe("");
    }),
  );
});
