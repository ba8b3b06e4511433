import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Secret } from "../../src/base/index.ts";
import { readCredential, writeCredential } from "../../src/secrets/index.ts";

const KEY = "sk-test-0123456789";
let home: string;
const file = (): string => join(home, "credentials", "anthropic.json");

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "sallyport-secrets-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

test("a credential is kept private, replaced as a whole, and given back as a secret", () => {
  expect(readCredential(home, "anthropic")).toBeNull();
  writeCredential(home, "anthropic", { key: new Secret("old") });
  writeCredential(home, "anthropic", { key: new Secret(KEY) });
  const credential = readCredential(home, "anthropic");
  expect(credential?.key.reveal()).toBe(KEY);
  expect(inspect(credential) + JSON.stringify(credential)).not.toContain(KEY);
  expect(readdirSync(join(home, "credentials"))).toEqual(["anthropic.json"]);
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  expect(statSync(join(home, "credentials")).mode & 0o777).toBe(0o700);
});

test("attack 5: one open to others, or a link, is refused", () => {
  writeCredential(home, "anthropic", { key: new Secret(KEY) });
  for (const mode of [0o640, 0o604, 0o620, 0o601]) {
    chmodSync(file(), mode);
    expect(() => readCredential(home, "anthropic")).toThrow(expect.objectContaining({ code: "state-unsafe" }));
  }
  chmodSync(file(), 0o600);
  renameSync(file(), join(home, "elsewhere"));
  symlinkSync(join(home, "elsewhere"), file());
  expect(() => readCredential(home, "anthropic")).toThrow(expect.objectContaining({ code: "state-unsafe" }));
});

test("attack 5: is not written into a folder that others may enter", () => {
  mkdirSync(join(home, "credentials"), { mode: 0o755 });
  expect(() => writeCredential(home, "anthropic", { key: new Secret(KEY) })).toThrow(
    expect.objectContaining({ code: "state-unsafe" }),
  );
  expect(readdirSync(join(home, "credentials"))).toEqual([]);
});

test.each(["", KEY, "{}", "null", '{"key":1}', '{"key":""}', `{"key":"${KEY}"`])(
  "a damaged one is not quoted: %j",
  (content) => {
    writeCredential(home, "anthropic", { key: new Secret(KEY) });
    writeFileSync(file(), content);
    try {
      readCredential(home, "anthropic");
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: "invalid-file" });
      expect(inspect(error)).not.toContain(KEY);
    }
  },
);

test.each(["../anthropic", "", "a/b", "A", ".x", "a\0", "x".repeat(33)])("%j is no provider's name", (provider) => {
  expect(() => readCredential(home, provider)).toThrow(expect.objectContaining({ code: "usage" }));
  expect(() => writeCredential(home, provider, { key: new Secret(KEY) })).toThrow(
    expect.objectContaining({ code: "usage" }),
  );
});

test("the stored file is JSON with the key and nothing else", () => {
  writeCredential(home, "anthropic", { key: new Secret(KEY) });
  expect(JSON.parse(readFileSync(file(), "utf8"))).toEqual({ key: KEY });
});
