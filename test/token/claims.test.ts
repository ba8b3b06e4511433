import { createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeJwt, decodeProtectedHeader, importJWK, SignJWT } from "jose";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDatabase, type Database } from "../../src/db/index.ts";
import type { Grant } from "../../src/policy/index.ts";
import { createTokenService, tokenMigrations, type TokenService } from "../../src/token/index.ts";
import { grantOf, HandClock, START } from "./workshop.ts";

let home: string;
let database: Database;
let clock: HandClock;
let tokens: TokenService;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "sallyport-claims-"));
  database = openDatabase(home, tokenMigrations);
  clock = new HandClock();
  tokens = createTokenService({ database, home, clock });
});
afterEach(async () => {
  database.close();
  await rm(home, { recursive: true, force: true });
});

type Claims = Readonly<Record<string, unknown>>;

/** What only a thief of the key could make: our signature over other claims and another header. */
async function resign(grant: Grant, claims: Claims, header: Claims = {}): Promise<string> {
  const token = (await tokens.mint(grant)).token.reveal();
  const key = await importJWK(JSON.parse(readFileSync(join(home, "keys/token.jwk"), "utf8")), "EdDSA");
  return new SignJWT({ ...decodeJwt(token), ...claims })
    .setProtectedHeader({ ...decodeProtectedHeader(token), alg: "EdDSA", ...header })
    .sign(key);
}

describe("attack 33: each claim is needed, of its own type, and named in the refusal", () => {
  test.each([
    [{ jti: undefined }, "malformed"],
    [{ jti: 7 }, "malformed"],
    [{ repository: undefined }, "malformed"],
    [{ repository: ["demo/shop"] }, "malformed"],
    [{ grant_digest: undefined }, "malformed"],
    [{ grant_digest: null }, "malformed"],
    [{ scope: undefined }, "malformed"],
    [{ scope: ["read:repository:bitbucket"] }, "malformed"],
    [{ sub: undefined }, "malformed"],
    [{ sub: 1 }, "malformed"],
    [{ client_id: undefined }, "malformed"],
    [{ client_id: {} }, "malformed"],
    [{ iat: undefined }, "malformed"],
    [{ iat: "1" }, "malformed"],
    [{ exp: undefined }, "malformed"],
    [{ exp: "9999999999" }, "malformed"],
    [{ nbf: undefined }, "not-yet-valid"],
    [{ nbf: 9_999_999_999 }, "not-yet-valid"],
    [{ exp: 1 }, "expired"],
    [{ iss: undefined }, "issuer"],
    [{ iss: "urn:other" }, "issuer"],
    [{ iss: ["urn:sallyport:broker"] }, "issuer"],
    [{ aud: undefined }, "audience"],
    [{ aud: ["urn:other"] }, "audience"],
    [{ repository: "demo/other" }, "repository"],
    [{ grant_digest: "0".repeat(64) }, "grant"],
    [{ jti: "no-such-row" }, "unknown"],
  ] as const)("%j: %s", async (claims, fault) => {
    const forged = await resign(grantOf(), claims);
    const answer = await tokens.verify(forged, grantOf());
    expect(answer).toEqual({ ok: false, fault, reason: expect.stringMatching(/^\w+ \w.{8}/u) });
    const elsewhere = fault === "repository" || fault === "unknown" || fault === "grant";
    if (!elsewhere) expect(await tokens.introspect(forged)).toEqual({ active: false });
  });

  test.each([
    [{ kid: "other" }, "signature"],
    [{ kid: undefined }, "signature"],
    [{ typ: "JWT" }, "malformed"],
    [{ typ: undefined }, "malformed"],
    [{}, null],
  ] as const)("header %j: %s", async (header, fault) => {
    const answer = await tokens.verify(await resign(grantOf(), {}, header), grantOf());
    expect(answer).toMatchObject(fault === null ? { ok: true } : { ok: false, fault });
  });

  test("another algorithm, and a signature that does not hold, are faults of the signature", async () => {
    const token = (await tokens.mint(grantOf())).token.reveal();
    const [head = "", payload = "", signature = ""] = token.split(".");
    const header = decodeProtectedHeader(token);
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const other = sign(null, Buffer.from(`${head}.${payload}`), generateKeyPairSync("ed25519").privateKey);
    for (const forged of [
      `${encode({ ...header, alg: "HS256" })}.${payload}.${signature}`,
      `${encode({ ...header, alg: "Ed25519" })}.${payload}.${signature}`,
      `${head}.${payload}.${other.toString("base64url")}`,
    ]) {
      expect(await tokens.verify(forged, grantOf())).toMatchObject({ fault: "signature" });
    }
    for (const none of ["", "x", "a.b.c", `${head}.${payload}`]) {
      expect(await tokens.verify(none, grantOf())).toMatchObject({ fault: "malformed" });
    }
  });
});

test("8,192 characters are read, one more is not", async () => {
  const row = await tokens.mint(grantOf());
  const padded = async (length: number) => {
    const key = await importJWK(JSON.parse(readFileSync(join(home, "keys/token.jwk"), "utf8")), "EdDSA");
    for (let pad = 4_000; pad < 8_192; pad += 1) {
      const base = row.token.reveal();
      // Base64url of n bytes has ceil(4n/3) characters: only the lengths that come near are signed.
      const bytes = JSON.stringify({ ...decodeJwt(base), pad: "x".repeat(pad) }).length;
      const [head = "", , signature = ""] = base.split(".");
      if (head.length + Math.ceil((bytes * 4) / 3) + signature.length + 2 !== length) continue;
      return new SignJWT({ ...decodeJwt(base), pad: "x".repeat(pad) })
        .setProtectedHeader({ ...decodeProtectedHeader(base), alg: "EdDSA" })
        .sign(key);
    }
    return null;
  };
  const [fits, over] = [await padded(8_192), (await padded(8_193)) ?? (await padded(8_194))];
  expect(fits?.length ?? 8_192).toBe(8_192);
  expect(over?.length).toBeGreaterThan(8_192);
  if (fits !== null) expect(await tokens.verify(fits, grantOf())).toMatchObject({ ok: true });
  expect(await tokens.verify(over ?? "", grantOf())).toMatchObject({ fault: "malformed" });
});

test("clocks of two processes may differ by five seconds, and the grant's end by none", async () => {
  const grant = grantOf();
  const { token } = await tokens.mint(grant);
  const second = Math.floor(START / 1000) * 1000;
  clock.time = second - 5_000;
  expect(await tokens.verify(token.reveal(), { ...grant })).toMatchObject({ ok: true });
  clock.time = second - 6_000;
  expect(await tokens.verify(token.reveal(), { ...grant })).toMatchObject({ fault: "not-yet-valid" });
});

describe("what a service remembers", () => {
  test("a revoked token is forgotten, its neighbours are not", async () => {
    const grants = [grantOf(), grantOf({ item: "2" })] as const;
    const [first, second] = [await tokens.mint(grants[0]), await tokens.mint(grants[1])];
    await tokens.verify(first.token.reveal(), grants[0]);
    await tokens.verify(second.token.reveal(), grants[1]);
    await tokens.revoke(first.id);
    expect(tokens.verifyKnown(first.token.reveal(), grants[0])).toBeUndefined();
    expect(tokens.verifyKnown(second.token.reveal(), grants[1])).toMatchObject({ ok: true });
    expect([tokens.isLive(first.id), tokens.isLive(second.id), tokens.isLive("none")]).toEqual([false, true, false]);
  });

  test("attack 33: a run's tokens are refused before the revocation is written, others are not", async () => {
    const grants = [grantOf(), grantOf({ run: "00000000" })] as const;
    const [own, other] = [await tokens.mint(grants[0]), await tokens.mint(grants[1])];
    await tokens.verify(own.token.reveal(), grants[0]);
    await tokens.verify(other.token.reveal(), grants[1]);
    const pending = tokens.revokeRun(grants[0].run);
    expect(tokens.verifyKnown(own.token.reveal(), grants[0])).toMatchObject({ fault: "revoked" });
    expect(tokens.verifyKnown(other.token.reveal(), grants[1])).toMatchObject({ ok: true });
    await pending;
    expect(tokens.verifyKnown(own.token.reveal(), grants[0])).toBeUndefined();
    expect(tokens.verifyKnown(other.token.reveal(), grants[1])).toMatchObject({ ok: true });
  });

  test("a refused token is not remembered", async () => {
    const grant = grantOf();
    const { token, id } = await tokens.mint(grant);
    await tokens.revoke(id);
    await tokens.verify(token.reveal(), grant);
    expect(tokens.verifyKnown(token.reveal(), grant)).toBeUndefined();
    const restarted = createTokenService({ database, home, clock });
    expect(await restarted.verify(token.reveal(), grant)).toMatchObject({ fault: "revoked" });
  });

  test("4,096 tokens at once: the oldest makes room", async () => {
    const grant = grantOf();
    const token = (await tokens.mint(grant)).token.reveal();
    const privateKey = createPrivateKey({
      key: JSON.parse(readFileSync(join(home, "keys/token.jwk"), "utf8")),
      format: "jwk",
    });
    const [head] = token.split(".");
    // The same claims with a number more: each text is another token.
    const texts = Array.from({ length: 4_097 }, (_, count) => {
      const signed = `${head}.${Buffer.from(JSON.stringify({ ...decodeJwt(token), count })).toString("base64url")}`;
      return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString("base64url")}`;
    });
    const known = () => texts.filter((text) => tokens.verifyKnown(text, grant) !== undefined);
    for (const text of texts.slice(0, -1)) await tokens.verify(text, grant);
    expect(known().length).toBe(4_096);
    await tokens.verify(texts.at(-1) ?? "", grant);
    expect(known()).toEqual(texts.slice(1));
  });

  test("a grant is frozen through all its members when it is minted", async () => {
    const grant = grantOf({ tools: { default: null, tools: { getCommits: { permission: "deny" } } } });
    await tokens.mint(grant);
    expect([grant, grant.scopes, grant.tools, grant.tools.tools["getCommits"]].map(Object.isFrozen)).toEqual(
      Array(4).fill(true),
    );
  });
});
