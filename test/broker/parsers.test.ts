import fc from "fast-check";
import { expect, test } from "vitest";

import { parseGitAddress } from "../../src/broker/git-address.ts";

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
