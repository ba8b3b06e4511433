import { generateKeyPairSync } from "node:crypto";
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { calculateJwkThumbprint } from "jose";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDatabase, type Database } from "../../src/db/index.ts";
import { createTokenService, tokenMigrations, type TokenService } from "../../src/token/index.ts";
import { createKeyFile, keyFile, listKeyFiles } from "../../src/token/key-files.ts";
import { openKeyRing } from "../../src/token/key-ring.ts";
import { grantOf, HandClock, MINUTE, START } from "./workshop.ts";

let home: string;
let database: Database;
let clock: HandClock;
let tokens: TokenService;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "sallyport-key-ring-"));
  database = openDatabase(home, tokenMigrations);
  clock = new HandClock();
  tokens = createTokenService({ database, home, clock });
});
afterEach(async () => {
  database.close();
  await rm(home, { recursive: true, force: true });
});

describe("key files", () => {
  const folder = () => join(home, "keys");

  test("are sorted by number, and each number once", () => {
    for (const name of ["token-10.jwk", "token-2.jwk", "token-1.jwk", "token-123456789.jwk"]) {
      writeFileSync(join(folder(), name), "{}", { mode: 0o600 });
    }
    for (const name of [
      "token-1234567890.jwk",
      "xtoken-7.jwk",
      "token-8.jwkx",
      "token-2xjwk",
      "token-2a.jwk",
      ".token-1f",
    ]) {
      writeFileSync(join(folder(), name), "{}", { mode: 0o600 });
    }
    expect(listKeyFiles(folder())).toEqual(
      [
        [1, "token.jwk"],
        [2, "token-2.jwk"],
        [10, "token-10.jwk"],
        [123_456_789, "token-123456789.jwk"],
      ].map(([number, name]) => ({ number, path: join(folder(), String(name)) })),
    );
  });

  test("are never overwritten, and a draft never stays", () => {
    const { path } = keyFile(folder(), 1);
    const before = readFileSync(path, "utf8");
    createKeyFile(folder(), path);
    expect(readFileSync(path, "utf8")).toBe(before);
    expect(() => createKeyFile(folder(), join(home, "none/token.jwk"))).toThrow(
      expect.objectContaining({ code: "machine-fault", cause: expect.objectContaining({ code: "ENOENT" }) }),
    );
    expect(readdirSync(folder())).toEqual(["token.jwk"]);
  });

  test("attack 5: a folder, or a second name of a key elsewhere, is no key", () => {
    mkdirSync(join(folder(), "token-2.jwk"), { mode: 0o700 });
    expect(() => openKeyRing(home)).toThrow();
    rmSync(join(folder(), "token-2.jwk"), { recursive: true });
    linkSync(join(folder(), "token.jwk"), join(home, "second"));
    expect(listKeyFiles(folder())).toHaveLength(1);
  });

  test.each(["ec", "x25519"] as const)("of another kind (%s) are refused without a word of them", (kind) => {
    const { privateKey } =
      kind === "ec" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("x25519");
    const jwk = privateKey.export({ format: "jwk" });
    writeFileSync(join(folder(), "token-2.jwk"), JSON.stringify(jwk), { mode: 0o600 });
    expect(() => openKeyRing(home)).toThrow(
      expect.objectContaining({ code: "machine-fault", message: expect.stringContaining("token-2.jwk") }),
    );
  });
});

describe("a key ring", () => {
  test("finds by kid, gives all in order, and never takes away the key that signs", () => {
    const ring = openKeyRing(home);
    const first = ring.newest();
    const second = ring.rotate();
    expect(second.kid).not.toBe(first.kid);
    expect(ring.all().map(({ kid, file }) => [kid, file.number])).toEqual([
      [first.kid, 1],
      [second.kid, 2],
    ]);
    expect([first.kid, second.kid, "", "other"].map((kid) => ring.find(kid)?.file.number)).toEqual([
      1,
      2,
      undefined,
      undefined,
    ]);
    expect(() => ring.remove(second)).toThrow(TypeError);
    expect(ring.all()).toHaveLength(2);
    ring.remove(first);
    expect(ring.find(first.kid)).toBeUndefined();
    expect(ring.newest().kid).toBe(second.kid);
    expect(ring.rotate().file.number).toBe(3);
  });

  test("publishes keys by the thumbprint of RFC 7638, and exactly these members", async () => {
    const { jwk, kid, publicKey } = openKeyRing(home).newest();
    expect(jwk).toEqual({
      kty: "OKP",
      crv: "Ed25519",
      x: expect.stringMatching(/^[\w-]{43}$/u),
      kid,
      alg: "EdDSA",
      use: "sig",
    });
    expect(kid).toBe(await calculateJwkThumbprint(jwk, "sha256"));
    expect([publicKey.type, publicKey.algorithm.name, publicKey.usages]).toEqual(["public", "Ed25519", ["verify"]]);
  });
});

test("a key retires only ten minutes after its successor was written", async () => {
  const written = Date.now();
  tokens.rotateKeys();
  clock.time = written + 9 * MINUTE;
  expect(tokens.retireKeys()).toEqual([]);
  clock.time = written + 11 * MINUTE;
  expect(tokens.retireKeys()).toHaveLength(1);
  expect(tokens.retireKeys()).toEqual([]);
});

test("a key stays as long as the tolerance of clocks, after its last token", async () => {
  const grant = grantOf({ expiresAt: START + 60 * MINUTE });
  await tokens.mint(grant);
  tokens.rotateKeys();
  clock.time = grant.expiresAt + 4_999;
  expect(tokens.retireKeys()).toEqual([]);
  clock.time = grant.expiresAt + 5_000;
  expect(tokens.retireKeys()).toHaveLength(1);
});

test("a damaged key that appears is a fault of the machine, and no word about the token", async () => {
  const grant = grantOf();
  const { token } = await tokens.mint(grant);
  writeFileSync(join(home, "keys/token-2.jwk"), "{}", { mode: 0o600 });
  await expect(tokens.verify(token.reveal(), grant)).rejects.toMatchObject({ code: "machine-fault" });
});
