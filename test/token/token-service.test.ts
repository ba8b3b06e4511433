import { spawn } from "node:child_process";
import { createPublicKey, generateKeyPairSync, randomUUID } from "node:crypto";
import {
  chmodSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { inspect } from "node:util";
import fc from "fast-check";
import { decodeJwt, decodeProtectedHeader, importJWK, SignJWT, UnsecuredJWT, type JWTPayload } from "jose";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDatabase, type Database } from "../../src/db/index.ts";
import { grantDigest, type Grant } from "../../src/policy/index.ts";
import { createTokenService, tokenMigrations, type TokenService } from "../../src/token/index.ts";
import { grantOf, HandClock, MINUTE, START } from "./workshop.ts";

let home: string;
let database: Database;
let clock: HandClock;
let tokens: TokenService;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "sallyport-token-"));
  database = openDatabase(home, tokenMigrations);
  clock = new HandClock();
  tokens = createTokenService({ database, home, clock });
});
afterEach(async () => {
  database.close();
  await rm(home, { recursive: true, force: true });
});

describe("a token that counts", () => {
  test("rule 4: names one audience and one repository, in the claims of RFC 9068", async () => {
    const grant = grantOf();
    const { token, id } = await tokens.mint(grant);
    expect(decodeProtectedHeader(token.reveal())).toEqual({ alg: "EdDSA", typ: "at+jwt", kid: expect.any(String) });
    expect(decodeJwt(token.reveal())).toEqual({
      iss: "urn:sallyport:broker",
      aud: "urn:sallyport:broker",
      sub: "7f3a0c11/1/1",
      client_id: "sallyport",
      iat: Math.floor(START / 1000),
      nbf: Math.floor(START / 1000),
      exp: Math.floor((START + 10 * MINUTE) / 1000),
      jti: id,
      scope: "read:pullrequest:bitbucket read:repository:bitbucket",
      repository: "demo/shop",
      run: "7f3a0c11",
      step: 1,
      item: "1",
      grant_digest: grantDigest(grant),
    });
    const verified = {
      ok: true,
      id,
      run: "7f3a0c11",
      step: 1,
      item: "1",
      repository: "demo/shop",
      grantDigest: grantDigest(grant),
      expiresAt: grant.expiresAt,
    };
    expect(await tokens.verify(token.reveal(), grant)).toEqual(verified);
    expect(tokens.verifyKnown(token.reveal(), grant)).toEqual(verified);
    expect(tokens.isLive(id)).toBe(true);
  });

  test("is unknown to the fast path before it was verified, and with another grant", async () => {
    const grant = grantOf();
    const { token } = await tokens.mint(grant);
    expect(tokens.verifyKnown(token.reveal(), grant)).toBeUndefined();
    await tokens.verify(token.reveal(), grant);
    expect(tokens.verifyKnown(token.reveal(), { ...grant })).toBeUndefined();
  });

  test("is not printed by accident", async () => {
    const minted = await tokens.mint(grantOf());
    expect(inspect(minted) + JSON.stringify(minted)).not.toContain(minted.token.reveal());
  });

  test("is not minted for a grant that has expired", async () => {
    await expect(tokens.mint(grantOf({ expiresAt: START }))).rejects.toMatchObject({ code: "refused" });
    await expect(tokens.mint(grantOf({ expiresAt: Number.NaN }))).rejects.toMatchObject({ code: "refused" });
  });

  test("freezes the grant that was compared, so that it cannot be widened afterwards", async () => {
    const grant = grantOf({ scopes: ["read:repository:bitbucket"] });
    const { token } = await tokens.mint(grant);
    await tokens.verify(token.reveal(), grant);
    // Sound: the test does what a caller's bug would do.
    const scopes = grant.scopes as string[];
    expect(() => scopes.push("write:repository:bitbucket")).toThrow(TypeError);
  });
});

describe("a token that is refused", () => {
  test("attack 7: for another repository", async () => {
    const { token } = await tokens.mint(grantOf());
    expect(await tokens.verify(token.reveal(), grantOf({ repository: "demo/other" }))).toMatchObject({
      fault: "repository",
    });
  });

  const WIDER: readonly Partial<Grant>[] = [
    { scopes: ["write:pullrequest:bitbucket"] },
    { step: 2 },
    { item: "2" },
    { protectedBranches: [] },
    { expiresAt: START + 60 * MINUTE },
    { egress: ["collector.example:443"] },
    { reviewed: false },
    { agentStep: false },
  ];
  test.each(WIDER)("attack 45: with a grant that is not its own: %j", async (change) => {
    const { token } = await tokens.mint(grantOf());
    expect(await tokens.verify(token.reveal(), grantOf(change))).toMatchObject({ ok: false, fault: "grant" });
    expect(await tokens.verify(token.reveal(), grantOf())).toMatchObject({ ok: true });
  });

  test("after its time, also on the fast path, to the millisecond of the grant", async () => {
    const grant = grantOf({ expiresAt: START + 1000 - (START % 1000) + 1000 });
    const { token, id } = await tokens.mint(grant);
    clock.time = grant.expiresAt - 1;
    expect(await tokens.verify(token.reveal(), grant)).toMatchObject({ ok: true });
    clock.time = grant.expiresAt;
    expect(tokens.verifyKnown(token.reveal(), grant)).toMatchObject({ fault: "expired" });
    expect(await tokens.verify(token.reveal(), { ...grant })).toMatchObject({ fault: "expired" });
    expect(tokens.isLive(id)).toBe(false);
  });

  test("before its time", async () => {
    const grant = grantOf();
    const { token } = await tokens.mint(grant);
    clock.time = START - 5 * MINUTE;
    expect(await tokens.verify(token.reveal(), grant)).toMatchObject({ fault: "not-yet-valid" });
  });

  test("that has no row: one signed with the right key, and minted elsewhere", async () => {
    const grant = grantOf();
    const forged = await resign(grant, (payload) => ({ ...payload, jti: randomUUID() }));
    expect(await tokens.verify(forged, grant)).toMatchObject({ fault: "unknown" });
  });

  test("that was for another audience or by another issuer", async () => {
    const grant = grantOf();
    for (const other of [{ audience: "urn:other" }, { issuer: "urn:other" }]) {
      const { token } = await createTokenService({ database, home, clock, ...other }).mint(grant);
      expect(await tokens.verify(token.reveal(), grant)).toMatchObject({
        fault: "audience" in other ? "audience" : "issuer",
      });
    }
  });

  const FORGERIES: readonly (readonly [string, (token: string, grant: Grant) => Promise<string> | string])[] = [
    ["alg none", (token) => new UnsecuredJWT(decodeJwt(token)).encode()],
    [
      "alg none with the right type and kid",
      (token) => `${header({ ...decodeProtectedHeader(token), alg: "none" })}.${token.split(".")[1]}.`,
    ],
    ["HS256 with the public key as secret", (token) => signAs(token, "HS256", new TextEncoder().encode(publicPem()))],
    [
      "HS256 with the public x as secret",
      (token) => signAs(token, "HS256", Buffer.from(publicJwk().x ?? "", "base64url")),
    ],
    ["another key under our kid", (token) => signAs(token, "EdDSA", generateKeyPairSync("ed25519").privateKey)],
    [
      "another key, brought along in the header",
      async (token) => {
        const { privateKey, publicKey } = generateKeyPairSync("ed25519");
        // Sound: the JWK of a generated key is one.
        const jwk = publicKey.export({ format: "jwk" }) as Record<string, string>;
        return new SignJWT(decodeJwt(token)).setProtectedHeader({ alg: "EdDSA", typ: "at+jwt", jwk }).sign(privateKey);
      },
    ],
    ["our key under another kid", (_token, grant) => resign(grant, same, { kid: "other" })],
    ["our key under no kid", (_token, grant) => resign(grant, same, { kid: undefined })],
    ["our key, by the other name of its algorithm", (_token, grant) => resign(grant, same, { alg: "Ed25519" })],
    ["our key, too long", (_token, grant) => resign(grant, (payload) => ({ ...payload, more: "x".repeat(8_192) }))],
    ["our key, another type", (_token, grant) => resign(grant, same, { typ: "JWT" })],
    ["our key, no type", (_token, grant) => resign(grant, same, { typ: undefined })],
    ["our key, an unknown critical header", (_token, grant) => resign(grant, same, { crit: ["x"], x: 1 })],
    ["our key, no expiry", (_token, grant) => resign(grant, without("exp"))],
    ["our key, no id", (_token, grant) => resign(grant, without("jti"))],
    ["our key, no digest", (_token, grant) => resign(grant, without("grant_digest"))],
    ["our key, no audience", (_token, grant) => resign(grant, without("aud"))],
    ["a later expiry in the payload", (token) => withPayload(token, (payload) => ({ ...payload, exp: 9_999_999_999 }))],
    [
      "another repository in the payload",
      (token) => withPayload(token, (payload) => ({ ...payload, repository: "demo/x" })),
    ],
    ["the signature cut off", (token) => token.slice(0, token.lastIndexOf(".") + 1)],
    ["a second signature", (token) => `${token}.${token}`],
    ["nothing", () => ""],
    ["the broker's placeholder", () => "held-by-the-broker"],
    ["1 MB of letters", () => "a".repeat(1 << 20)],
    ["1 MB of dots", () => ".".repeat(1 << 20)],
    ["1 MB after a good token", (token) => token + "A".repeat(1 << 20)],
    ["NUL after a good token", (token) => `${token}\0`],
    ["a space before a good token", (token) => ` ${token}`],
    ["__proto__", () => "__proto__"],
  ];
  test.each(FORGERIES)("attack 33: forged: %s", async (_what, forge) => {
    const grant = grantOf();
    const { token } = await tokens.mint(grant);
    const answer = await tokens.verify(await forge(token.reveal(), grant), grant);
    expect(answer.ok).toBe(false);
    expect(JSON.stringify(answer)).not.toMatch(/eyJ|ZXlK/);
    expect(await tokens.verify(token.reveal(), grant)).toMatchObject({ ok: true });
  });

  test("with any one character changed", async () => {
    const grant = grantOf();
    const token = (await tokens.mint(grant)).token.reveal();
    await tokens.verify(token, grant);
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom(..."AQgwz09-_.=+/ \0é"), async (at, character) => {
        fc.pre(token[at] !== character);
        // The last character of base64url carries bits that are not read: another text of the same signature.
        fc.pre(at !== token.length - 1);
        expect((await tokens.verify(token.slice(0, at) + character + token.slice(at + 1), grant)).ok).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  test("whatever text it is", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", maxLength: 300 }), async (garbage) => {
        expect((await tokens.verify(garbage, grantOf())).ok).toBe(false);
      }),
    );
  });
});

describe("revocation", () => {
  test("attack 33: is obeyed at once, on both paths, and is idempotent", async () => {
    const grant = grantOf();
    const { token, id } = await tokens.mint(grant);
    await tokens.verify(token.reveal(), grant);
    const pending = tokens.revoke(id);
    expect(tokens.verifyKnown(token.reveal(), grant)).toMatchObject({ fault: "revoked" });
    await pending;
    await tokens.revoke(id);
    await tokens.revoke("no-such-id");
    expect(await tokens.verify(token.reveal(), grant)).toMatchObject({ fault: "revoked" });
    expect(tokens.isLive(id)).toBe(false);
  });

  test("attack 33: of a run takes every token of it and no other", async () => {
    const first = await tokens.mint(grantOf());
    const second = await tokens.mint(grantOf({ step: 2 }));
    const other = await tokens.mint(grantOf({ run: "00000000" }));
    await tokens.verify(first.token.reveal(), grantOf());
    expect(new Set(await tokens.revokeRun("7f3a0c11"))).toEqual(new Set([first.id, second.id]));
    expect(await tokens.revokeRun("7f3a0c11")).toEqual([]);
    expect([first, second, other].map(({ id }) => tokens.isLive(id))).toEqual([false, false, true]);
    expect(await tokens.verify(second.token.reveal(), grantOf({ step: 2 }))).toMatchObject({ fault: "revoked" });
  });

  test("attack 33: is seen after a restart and by a second process", { timeout: 30_000 }, async () => {
    const grant = grantOf();
    const { token, id } = await tokens.mint(grant);
    const question = { home, token: token.reveal(), grant };
    expect(await run("verify.ts", question)).toMatchObject({ ok: true, id });
    await tokens.revoke(id);
    expect(await run("verify.ts", question)).toMatchObject({ ok: false, fault: "revoked" });
    using again = openDatabase(home, tokenMigrations);
    const restarted = createTokenService({ database: again, home, clock });
    expect(await restarted.verify(token.reveal(), grant)).toMatchObject({ fault: "revoked" });
  });

  test("attack 33: by a second process is obeyed by the fast path here", { timeout: 30_000 }, async () => {
    const grant = grantOf();
    const { token, id } = await tokens.mint(grant);
    await tokens.verify(token.reveal(), grant);
    expect(tokens.verifyKnown(token.reveal(), grant)).toMatchObject({ ok: true });
    await run("verify.ts", { home, revoke: id });
    expect(tokens.verifyKnown(token.reveal(), grant)).toMatchObject({ fault: "revoked" });
  });

  test("attack 34: a system clock set back revives nothing", async () => {
    const grant = grantOf({ expiresAt: START + 2 * MINUTE });
    const { token } = await tokens.mint(grant);
    await tokens.verify(token.reveal(), grant);
    clock.time = START + 2 * MINUTE;
    const realNow = Date.now;
    // The system clock goes back; the service must ask its own clock only, which does not.
    Date.now = () => START - 60 * MINUTE;
    try {
      expect(tokens.verifyKnown(token.reveal(), grant)).toMatchObject({ fault: "expired" });
      expect(await tokens.verify(token.reveal(), { ...grant })).toMatchObject({ fault: "expired" });
    } finally {
      Date.now = realNow;
    }
  });
});

describe("the key", () => {
  const file = (): string => join(home, "keys", "token.jwk");
  const open = (): TokenService => createTokenService({ database, home, clock });

  test("is private, made once, and leaves no draft", async () => {
    expect(statSync(join(home, "keys")).mode & 0o777).toBe(0o700);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    const { token } = await tokens.mint(grantOf());
    expect(await open().verify(token.reveal(), grantOf())).toMatchObject({ ok: true });
    expect(readdirSync(join(home, "keys"))).toEqual(["token.jwk"]);
  });

  test("is the same for processes that make it at once", { timeout: 60_000 }, async () => {
    rmSync(join(home, "keys"), { recursive: true });
    const grant = grantOf();
    const minted = await Promise.all(Array.from({ length: 5 }, () => output("mint.ts", { home, grant })));
    clock.time = Date.now();
    const answers = await Promise.all(minted.map((token) => open().verify(token, grant)));
    expect(answers.map(({ ok }) => ok)).toEqual([true, true, true, true, true]);
    expect(readdirSync(join(home, "keys"))).toEqual(["token.jwk"]);
  });

  test("attack 5: open to others, or a link, is refused", () => {
    chmodSync(file(), 0o640);
    expect(open).toThrow(expect.objectContaining({ code: "state-unsafe" }));
    chmodSync(file(), 0o600);
    renameSync(file(), join(home, "elsewhere"));
    symlinkSync(join(home, "elsewhere"), file());
    expect(open).toThrow(expect.objectContaining({ code: "state-unsafe" }));
  });

  test.each(["", "{}", "nonsense d-part-of-a-key", '{"kty":"oct","k":"AAAA"}'])(
    "that is damaged is not quoted: %j",
    (content) => {
      writeFileSync(file(), content);
      expect(open).toThrow(expect.objectContaining({ code: "machine-fault" }));
      try {
        open();
      } catch (error) {
        expect(inspect(error)).not.toContain("d-part");
      }
    },
  );
});

const same = (payload: JWTPayload): JWTPayload => payload;
const without = (claim: string) => (payload: JWTPayload) =>
  Object.fromEntries(Object.entries(payload).filter(([name]) => name !== claim));

/** A token that the broker's own key signs, over changed claims and header: what only a thief of the key could make. */
async function resign(
  grant: Grant,
  change: (payload: JWTPayload) => JWTPayload,
  headerChange: Record<string, unknown> = {},
): Promise<string> {
  const { token } = await tokens.mint(grant);
  const key = await importJWK(
    JSON.parse(readFileSync(join(home, "keys", "token.jwk"), "utf8")),
    headerChange["alg"] === "Ed25519" ? "Ed25519" : "EdDSA",
  );
  const protectedHeader = { ...decodeProtectedHeader(token.reveal()), alg: "EdDSA", ...headerChange };
  const crit = "crit" in headerChange ? { crit: { x: true } } : undefined;
  return new SignJWT(change(decodeJwt(token.reveal()))).setProtectedHeader(protectedHeader).sign(key, crit);
}

function signAs(token: string, alg: string, key: Parameters<SignJWT["sign"]>[0]): Promise<string> {
  return new SignJWT(decodeJwt(token)).setProtectedHeader({ ...decodeProtectedHeader(token), alg }).sign(key);
}

function withPayload(token: string, change: (payload: JWTPayload) => JWTPayload): string {
  const [head, , signature] = token.split(".");
  return `${head}.${header(change(decodeJwt(token)))}.${signature}`;
}

function header(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function publicJwk(): { readonly x?: string } {
  return JSON.parse(readFileSync(join(home, "keys", "token.jwk"), "utf8"));
}

function publicPem(): string {
  // Sound: an Ed25519 private JWK holds its public part, and node makes text of a PEM export.
  return createPublicKey({ key: { ...publicJwk(), d: undefined } as never, format: "jwk" }).export({
    type: "spki",
    format: "pem",
  }) as string;
}

async function run(program: string, input: unknown): Promise<unknown> {
  return JSON.parse(await output(program, input));
}

async function output(program: string, input: unknown): Promise<string> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "programs", program)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(JSON.stringify(input));
  return text(child.stdout);
}
