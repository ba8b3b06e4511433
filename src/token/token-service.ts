import { randomHex, SallyportError, Secret, type Clock } from "../base/index.ts";
import type { Database } from "../db/index.ts";
import { grantDigest, type Grant } from "../policy/index.ts";
import { readClaims, signClaims } from "./claims.ts";
import { introspect, type Introspection } from "./introspection.ts";
import { openKeyRing, type PublicJwk } from "./key-ring.ts";
import { retireKeys } from "./retire-keys.ts";
import { createTokenRecords } from "./token-records.ts";
import { refuse, type TokenRefusal, type Verified } from "./verification.ts";

/**
 * Mints, verifies and revokes step tokens. A token counts only while its row in the database says so, which is read on
 * every verification: a revocation by another process, or before a restart, is obeyed from the moment it is committed
 * (attack 33).
 */
export interface TokenService {
  /** Signs a token for the grant and resolves once every process knows it. `refused` when the grant has already expired. */
  mint(grant: Grant): Promise<{ readonly token: Secret; readonly id: string }>;
  /** Whether the token counts and stands for exactly this grant. A refusal is a result; only a fault of the machine throws. */
  verify(token: string, grant: Grant): Promise<Verified | TokenRefusal>;
  /**
   * The synchronous part of `verify`, for a token whose signature this service has already checked against this very
   * grant object: times and revocation are still looked up. Undefined: not known here, call `verify`.
   */
  verifyKnown(token: string, grant: Grant): Verified | TokenRefusal | undefined;
  /** Refused here at once, and everywhere when it resolves. Idempotent; an unknown id is no error. */
  revoke(id: string): Promise<void>;
  /** Revokes every token of a run; resolves with the ids that were still unrevoked. */
  revokeRun(run: string): Promise<readonly string[]>;
  /** Minted, not revoked, not expired. */
  isLive(id: string): boolean;
  /** What the token is, to whoever may know (RFC 7662, section 2.2): everything when it counts, else that it does not. */
  introspect(token: string): Promise<Introspection>;
  /** Revokes by the token itself (RFC 7009): nothing happens, and nothing is said, when it is none of ours. */
  revokeToken(token: string): Promise<void>;
  /** The public keys of all tokens that may be live (RFC 7517, section 5), oldest first. */
  jwks(): { readonly keys: readonly PublicJwk[] };
  /** Makes a new key, which signs from now on, in every process. Live tokens stay good. Returns its `kid`. */
  rotateKeys(): string;
  /** Deletes the keys whose tokens are all over. Returns their `kid`s. */
  retireKeys(): readonly string[];
}

export type TokenServiceOptions = {
  readonly database: Database;
  /** The state folder; the keys are in `home/keys`. */
  readonly home: string;
  readonly clock: Clock;
  /** `iss`; `urn:sallyport:broker` unless said otherwise. */
  readonly issuer?: string;
  /** `aud`; the same broker unless said otherwise (design, rule 4). */
  readonly audience?: string;
};

const BROKER = "urn:sallyport:broker";
/** Tokens remembered as checked; the oldest makes room. Far more than one process has items. */
const KNOWN_LIMIT = 4_096;

type Known = { readonly grant: Grant; readonly verified: Verified };

export function createTokenService(options: TokenServiceOptions): TokenService {
  const { clock } = options;
  const parties = { issuer: options.issuer ?? BROKER, audience: options.audience ?? BROKER };
  const keys = openKeyRing(options.home);
  const records = createTokenRecords(options.database);
  const known = new Map<string, Known>();
  const digests = new WeakMap<Grant, string>();
  /** Revoked by this service, perhaps not yet committed. */
  const revoked = new Set<string>();

  async function mint(grant: Grant): Promise<{ readonly token: Secret; readonly id: string }> {
    const now = clock.now();
    if (!(grant.expiresAt > now)) {
      throw new SallyportError("refused", `The grant of step ${grant.step} has already expired; start the step again.`);
    }
    const id = randomHex(16);
    const digest = digestOnce(grant);
    const { run, step, item, expiresAt } = grant;
    const key = keys.newest();
    // First the row: one without a token harms nobody.
    await records.add({ id, run, step, item, grantDigest: digest, issuedAt: now, expiresAt, kid: key.kid });
    const token = signClaims(grant, { id, digest, now }, key, parties);
    return { token: new Secret(token), id };
  }

  async function verify(token: string, grant: Grant): Promise<Verified | TokenRefusal> {
    return verifyKnown(token, grant) ?? (await verifyFully(token, grant));
  }

  async function verifyFully(token: string, grant: Grant): Promise<Verified | TokenRefusal> {
    const claims = await readClaims(token, clock.now(), keys, parties);
    if (!claims.ok) return claims;
    if (claims.repository !== grant.repository) return refuse("repository");
    const digest = digestOnce(grant);
    if (claims.grantDigest !== digest) return refuse("grant");
    const { run, step, item, repository, expiresAt } = grant;
    const verified: Verified = { ok: true, id: claims.id, run, step, item, repository, grantDigest: digest, expiresAt };
    const refusal = refusalNow(verified);
    if (refusal !== undefined) return refusal;
    remember(token, { grant, verified });
    return verified;
  }

  /** Frozen, so that what was compared once is what every later call is judged by. */
  function digestOnce(grant: Grant): string {
    const digest = digests.get(grant) ?? grantDigest(deepFreeze(grant));
    digests.set(grant, digest);
    return digest;
  }

  function verifyKnown(token: string, grant: Grant): Verified | TokenRefusal | undefined {
    const entry = known.get(token);
    if (entry === undefined || entry.grant !== grant) return undefined;
    return refusalNow(entry.verified) ?? entry.verified;
  }

  function refusalNow(verified: Verified): TokenRefusal | undefined {
    if (revoked.has(verified.id)) return refuse("revoked");
    const standing = records.standing(verified.id);
    if (standing !== "live") return refuse(standing);
    return clock.now() < verified.expiresAt ? undefined : refuse("expired");
  }

  function remember(token: string, entry: Known): void {
    const oldest = known.size >= KNOWN_LIMIT ? known.keys().next().value : undefined;
    if (oldest !== undefined) known.delete(oldest);
    known.set(token, entry);
  }

  function forget(ids: ReadonlySet<string>): void {
    for (const [token, { verified }] of known) if (ids.has(verified.id)) known.delete(token);
  }

  async function revoke(id: string): Promise<void> {
    revoked.add(id);
    await records.revoke(id, clock.now());
    forget(new Set([id]));
  }

  async function revokeRun(run: string): Promise<readonly string[]> {
    for (const { verified } of known.values()) if (verified.run === run) revoked.add(verified.id);
    const ids = await records.revokeRun(run, clock.now());
    for (const id of ids) revoked.add(id);
    forget(new Set(ids));
    return ids;
  }

  function isLive(id: string): boolean {
    return !revoked.has(id) && records.standing(id) === "live" && clock.now() < (records.expiresAt(id) ?? 0);
  }

  /** The claims of a token of ours, whether it still counts or not. */
  const claimsOf = (token: string) => readClaims(token, clock.now(), keys, parties);

  async function revokeToken(token: string): Promise<void> {
    const claims = await claimsOf(token);
    // One that has expired needs no revocation; one that is forged may not revoke another.
    if (claims.ok) await revoke(claims.id);
  }

  return {
    mint,
    verify,
    verifyKnown,
    revoke,
    revokeRun,
    isLive,
    introspect: async (token) =>
      introspect(
        await claimsOf(token),
        parties,
        (claims) => isLive(claims.id) && records.grantDigest(claims.id) === claims.grantDigest,
      ),
    revokeToken,
    jwks: () => ({ keys: keys.all().map(({ jwk }) => jwk) }),
    rotateKeys: () => keys.rotate().kid,
    retireKeys: () => retireKeys(keys, records, clock.now()),
  };
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}
