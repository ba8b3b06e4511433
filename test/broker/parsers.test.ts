import { Readable } from "node:stream";
import { text } from "node:stream/consumers";

import fc from "fast-check";
import { expect, test } from "vitest";

import { parseGitAddress } from "../../src/broker/git-address.ts";
import { createKeyMask } from "../../src/broker/mask-key.ts";

const piece = fc.oneof(
  fc.constantFrom(
    "demo",
    "shop",
    ".git",
    "..",
    ".",
    "%2e",
    "%2F",
    "/",
    "//",
    "info/refs",
    "git-upload-pack",
    "-x",
    "\\",
    "\0",
  ),
  fc.string({ maxLength: 4 }),
);

test("whatever path is sent, a git address names one repository by plain letters, or nothing", () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), fc.constantFrom("GET", "POST"), (pieces, method) => {
      const path = `/git/${pieces.join("")}`;
      const type = "application/x-git-upload-pack-request";
      for (const candidate of [path, `${path}/info/refs`, `${path}/git-upload-pack`]) {
        const address = parseGitAddress(method, candidate, method === "GET" ? "service=git-upload-pack" : "", type);
        if (!address.ok) continue;
        expect(address.repository).toMatch(/^[a-z0-9_][a-z0-9_-]*\/[a-z0-9_][a-z0-9._-]*$/u);
        // Nothing was decoded or dropped: the path is spelt exactly like what was understood.
        const spelt = [address.repository, `${address.repository}.git`].map(
          (name) => `/git/${name}/${address.service}`,
        );
        expect(spelt).toContain(candidate.toLowerCase());
      }
    }),
  );
});

test("attack 1: however a stream is cut, the key is masked and nothing else changes", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: fc.constantFrom("a", "b"), minLength: 3, maxLength: 6 }),
      fc.array(fc.string({ unit: fc.constantFrom("a", "b", "-"), minLength: 1, maxLength: 9 }), { minLength: 1 }),
      async (key, chunks) => {
        const masked = await text(Readable.from(chunks.map((chunk) => Buffer.from(chunk))).pipe(createKeyMask(key)));
        expect(masked).toBe(chunks.join("").replaceAll(key, "[redacted]"));
      },
    ),
  );
});
