import { spawn } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, importJWK, jwtVerify, SignJWT } from "jose";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDatabase, type Database } from "../../src/db/index.ts";
import { createTokenService, tokenMigrations, type TokenService } from "../../src/token/index.ts";
import { grantOf, HandClock, MINUTE, START } from "./workshop.ts";

let home: string;
let database: Database;
let clock: HandClock;
let tokens: TokenService;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "sallyport-rotation-"));
  database = openDatabase(home, tokenMigrations);
  clock = new HandClock();
  tokens = open();
});
afterEach(async () => {
  database.close();
  await rm(home, { recursive: true, force: true });
});

const open = (): TokenService => createTokenService({ database, home, clock });
const keyPath = (name: string): string => join(home, "keys", name);
const kidOf = (token: string): string | undefined => decodeProtectedHeader(token).kid;
const mint = async (change = {}) => {
  const grant = grantOf(change);
  const { token, id } = await tokens.mint(grant);
  return { grant, id, token: token.reveal() };
};

function rotateElsewhere(): Promise<string> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "programs", "rotate.ts")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(JSON.stringify({ home }));
  return text(child.stdout);
}

describe("keys that rotate", () => {
  test("the newest signs, and what the older ones signed stays good, here and after a restart", async () => {
    const first = await mint();
    const kid = tokens.rotateKeys();
    const second = await mint();
    expect([kidOf(second.token), kidOf(first.token) === kid]).toEqual([kid, false]);
    for (const service of [tokens, open()]) {
      for (const { token, grant } of [first, second])
        expect(await service.verify(token, grant)).toMatchObject({ ok: true });
    }
    expect(readdirSync(join(home, "keys")).sort()).toEqual(["token-2.jwk", "token.jwk"]);
    expect(statSync(keyPath("token-2.jwk")).mode & 0o777).toBe(0o600);
  });

  test(
    "a service that is open already signs with, and verifies, what another process rotated to",
    { timeout: 60_000 },
    async () => {
      const first = await mint();
      const kids = await Promise.all([rotateElsewhere(), rotateElsewhere(), rotateElsewhere()]);
      const last = await mint();
      expect(kids).toContain(kidOf(last.token));
      const other = open();
      expect(await other.verify(first.token, first.grant)).toMatchObject({ ok: true });
      const kid = other.rotateKeys();
      const foreign = (await other.mint(grantOf({ item: "9" }))).token.reveal();
      expect(kidOf(foreign)).toBe(kid);
      expect(await tokens.verify(foreign, grantOf({ item: "9" }))).toMatchObject({ ok: true });
    },
  );

  test("the first key keeps the name it had before keys rotated", async () => {
    expect(readdirSync(join(home, "keys"))).toEqual(["token.jwk"]);
    for (let count = 0; count < 10; count += 1) tokens.rotateKeys();
    const { token } = await mint();
    expect(kidOf(token)).toBe(tokens.jwks().keys.at(-1)?.kid);
    expect(tokens.jwks().keys).toHaveLength(11);
  });
});

describe("keys that retire", () => {
  test("only when their last token is over, and never the one that signs", async () => {
    const short = await mint({ expiresAt: START + 5 * MINUTE });
    const long = await mint({ item: "2", expiresAt: START + 60 * MINUTE });
    tokens.rotateKeys();
    clock.time = START + 30 * MINUTE;
    expect(tokens.retireKeys()).toEqual([]);
    expect(await open().verify(long.token, long.grant)).toMatchObject({ ok: true });
    clock.time = START + 61 * MINUTE;
    expect(tokens.retireKeys()).toEqual([kidOf(long.token)]);
    expect(readdirSync(join(home, "keys"))).toEqual(["token-2.jwk"]);
    expect(await open().verify(long.token, long.grant)).toMatchObject({ fault: "signature" });
    expect(await open().verify(short.token, short.grant)).toMatchObject({ fault: "signature" });
    expect(tokens.retireKeys()).toEqual([]);
  });

  test("at once when all their tokens are revoked, but not while another process may be signing", async () => {
    const { id } = await mint();
    tokens.rotateKeys();
    await tokens.revoke(id);
    expect(tokens.retireKeys()).toEqual([]);
    clock.time = Date.now() + 11 * MINUTE;
    expect(tokens.retireKeys()).toHaveLength(1);
  });

  test("a live token without a key on record keeps them all", async () => {
    await mint({ expiresAt: START + 60 * MINUTE });
    database.raw.exec("update tokens set kid = null");
    tokens.rotateKeys();
    clock.time = START + 59 * MINUTE;
    expect(tokens.retireKeys()).toEqual([]);
    clock.time = START + 61 * MINUTE;
    expect(tokens.retireKeys()).toHaveLength(1);
  });
});

describe("hostile", () => {
  test("attack 33: a deleted key verifies nothing, from that moment, also in a service that had it", async () => {
    const { token, grant } = await mint();
    tokens.rotateKeys();
    rmSync(keyPath("token.jwk"));
    expect(await tokens.verify(token, { ...grant })).toMatchObject({ fault: "signature" });
    expect(tokens.jwks().keys).toHaveLength(1);
  });

  test("attack 33: an old key does not sign under the newest key's id, nor the newest under the old one's", async () => {
    const { token, grant } = await mint();
    const kid = tokens.rotateKeys();
    const sign = async (name: string, id: string | undefined): Promise<string> => {
      const key = await importJWK(JSON.parse(readFileSync(keyPath(name), "utf8")), "EdDSA");
      return new SignJWT(decodeJwt(token)).setProtectedHeader({ alg: "EdDSA", typ: "at+jwt", kid: id ?? "" }).sign(key);
    };
    expect(await tokens.verify(await sign("token.jwk", kid), grant)).toMatchObject({ fault: "signature" });
    expect(await tokens.verify(await sign("token-2.jwk", kidOf(token)), grant)).toMatchObject({ fault: "signature" });
    expect(await tokens.verify(await sign("token-2.jwk", kid), grant)).toMatchObject({ ok: true });
  });

  test.each(["../token", "token-2.jwk", "__proto__", "constructor", "", "\0"])("attack 33: key id %j", async (kid) => {
    const { token, grant } = await mint();
    const key = await importJWK(JSON.parse(readFileSync(keyPath("token.jwk"), "utf8")), "EdDSA");
    const forged = await new SignJWT(decodeJwt(token))
      .setProtectedHeader({ alg: "EdDSA", typ: "at+jwt", kid })
      .sign(key);
    expect(await tokens.verify(forged, grant)).toMatchObject({ fault: "signature" });
    expect(await tokens.introspect(forged)).toEqual({ active: false });
  });

  test("attack 5: a new key that others may read stops the service, whatever its number", async () => {
    tokens.rotateKeys();
    chmodSync(keyPath("token-2.jwk"), 0o644);
    expect(open).toThrow(expect.objectContaining({ code: "state-unsafe" }));
  });

  test("names that are no keys are not read", () => {
    for (const name of ["token-0.jwk", "token-02.jwk", "token--1.jwk", "token-2.jwk.bak", "token-x.jwk"]) {
      writeFileSync(keyPath(name), "{}", { mode: 0o600 });
    }
    expect(open().jwks().keys).toHaveLength(1);
  });
});

describe("what others may learn", () => {
  test("the public keys, by which any JWT library verifies, and nothing private", async () => {
    const first = await mint();
    tokens.rotateKeys();
    const second = await mint();
    const jwks = tokens.jwks();
    expect(jwks.keys.map((key) => Object.keys(key).sort())).toEqual([
      ["alg", "crv", "kid", "kty", "use", "x"],
      ["alg", "crv", "kid", "kty", "use", "x"],
    ]);
    const set = createLocalJWKSet({ keys: jwks.keys.map((key) => ({ ...key })) });
    for (const { token, id } of [first, second]) {
      const { payload } = await jwtVerify(token, set, { typ: "at+jwt", algorithms: ["EdDSA"] });
      expect(payload.jti).toBe(id);
    }
  });

  test("introspection says everything of a token that counts (RFC 7662, section 2.2)", async () => {
    const { token, id, grant } = await mint();
    expect(await tokens.introspect(token)).toEqual({
      active: true,
      scope: "read:pullrequest:bitbucket read:repository:bitbucket",
      client_id: "sallyport",
      sub: "7f3a0c11/1/1",
      aud: "urn:sallyport:broker",
      iss: "urn:sallyport:broker",
      exp: Math.floor(grant.expiresAt / 1000),
      iat: Math.floor(START / 1000),
      jti: id,
      token_type: "Bearer",
    });
  });

  test("introspection says of any other only that it does not count", async () => {
    const revoked = await mint();
    await tokens.revoke(revoked.id);
    const altered = await mint();
    database.raw.prepare("update tokens set grant_digest = 'other' where id = ?").run(altered.id);
    const unknown = await mint();
    database.raw.prepare("delete from tokens where id = ?").run(unknown.id);
    for (const text of [revoked.token, altered.token, unknown.token, "", "x.y.z", "a".repeat(1 << 20)]) {
      expect(await tokens.introspect(text)).toEqual({ active: false });
    }
    const over = await mint();
    // To the millisecond of the grant, though the claims would be tolerated for some seconds more.
    clock.time = over.grant.expiresAt;
    expect(await tokens.introspect(over.token)).toEqual({ active: false });
  });

  test("attack 33: a token is revoked by itself, and by nothing that is not it (RFC 7009)", async () => {
    const { token, id, grant } = await mint();
    const [head, , signature] = token.split(".");
    await tokens.revokeToken("");
    await tokens.revokeToken(
      `${head}.${Buffer.from(JSON.stringify({ ...decodeJwt(token), x: 1 })).toString("base64url")}.${signature}`,
    );
    expect(tokens.isLive(id)).toBe(true);
    await tokens.revokeToken(token);
    expect(await tokens.verify(token, grant)).toMatchObject({ fault: "revoked" });
    expect(await open().introspect(token)).toEqual({ active: false });
    await tokens.revokeToken(token);
  });
});
