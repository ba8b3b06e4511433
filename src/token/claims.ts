import { sign } from "node:crypto";
import { errors, jwtVerify, type JWTPayload } from "jose";
import { SallyportError } from "../base/index.ts";
import type { Grant } from "../policy/index.ts";
import type { KeyRing, SigningKey } from "./key-ring.ts";
import { refuse, type TokenRefusal } from "./verification.ts";

/** Who issues tokens, and for whom. */
export type Parties = { readonly issuer: string; readonly audience: string };

/** The claims that this broker reads back: those of RFC 9068 section 2.2, and our own. */
export type Claims = {
  readonly ok: true;
  readonly id: string;
  readonly repository: string;
  readonly grantDigest: string;
  readonly scope: string;
  readonly subject: string;
  readonly client: string;
  /** Seconds since the epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
};

const ALGORITHM = "EdDSA";
/** RFC 9068 section 2.1: keeps another kind of JWT from being taken for an access token. */
const TYPE = "at+jwt";
const CLIENT = "sallyport";
/** Seconds. */
export const CLOCK_TOLERANCE = 5;
/** A token of ours has under 1,000 characters. */
const MAXIMUM_LENGTH = 8_192;

/**
 * Signs a token: the JWS of RFC 7515, section 5.1, whose every part is ours and known. By node itself, since jose hands the
 * signature to another thread and takes twice as long. Times in seconds, rounded down: a token never outlives its grant.
 */
export function signClaims(
  grant: Grant,
  token: { readonly id: string; readonly digest: string; readonly now: number },
  key: SigningKey,
  parties: Parties,
): string {
  const now = Math.floor(token.now / 1000);
  const claims = {
    iss: parties.issuer,
    aud: parties.audience,
    sub: `${grant.run}/${grant.step}/${grant.item}`,
    client_id: CLIENT,
    iat: now,
    nbf: now,
    exp: Math.floor(grant.expiresAt / 1000),
    jti: token.id,
    scope: grant.scopes.join(" "),
    repository: grant.repository,
    run: grant.run,
    step: grant.step,
    item: grant.item,
    grant_digest: token.digest,
  };
  const signed = `${encode({ alg: ALGORITHM, typ: TYPE, kid: key.kid })}.${encode(claims)}`;
  return `${signed}.${sign(null, Buffer.from(signed), key.privateKey).toString("base64url")}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** Signature, algorithm, key, type, parties and times; what they protect is read only afterwards. */
export async function readClaims(
  token: string,
  now: number,
  keys: KeyRing,
  parties: Parties,
): Promise<Claims | TokenRefusal> {
  if (token.length > MAXIMUM_LENGTH) return refuse("malformed");
  try {
    const { payload } = await jwtVerify(token, ({ kid }) => publicKeyFor(kid, keys), {
      algorithms: [ALGORITHM],
      typ: TYPE,
      issuer: parties.issuer,
      audience: parties.audience,
      currentDate: new Date(now),
      // Clocks of two processes may differ a little; the grant's own end is compared exactly, without this.
      clockTolerance: CLOCK_TOLERANCE,
      requiredClaims: ["exp", "nbf", "iat", "jti"],
    });
    return parseClaims(payload);
  } catch (error) {
    return refusalFor(error);
  }
}

class UnknownKey extends Error {}

function publicKeyFor(kid: string | undefined, keys: KeyRing): SigningKey["publicKey"] {
  const key = kid === undefined ? undefined : keys.find(kid);
  if (key === undefined) throw new UnknownKey();
  return key.publicKey;
}

function parseClaims(payload: JWTPayload): Claims | TokenRefusal {
  const { jti, repository, grant_digest: grantDigest, scope, sub, client_id: client, iat, exp } = payload;
  if (typeof jti !== "string" || typeof repository !== "string" || typeof grantDigest !== "string") {
    return refuse("malformed");
  }
  if (typeof scope !== "string" || typeof sub !== "string" || typeof client !== "string") return refuse("malformed");
  if (iat === undefined || exp === undefined) return refuse("malformed");
  return { ok: true, id: jti, repository, grantDigest, scope, subject: sub, client, issuedAt: iat, expiresAt: exp };
}

/** Every unforeseen error of reading is a refusal too: fail closed. A fault of the machine stays one. */
function refusalFor(error: unknown): TokenRefusal {
  if (error instanceof SallyportError) throw error;
  if (error instanceof errors.JWTExpired) return refuse("expired");
  if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof UnknownKey) return refuse("signature");
  if (error instanceof errors.JOSEAlgNotAllowed) return refuse("signature");
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === "iss") return refuse("issuer");
    if (error.claim === "aud") return refuse("audience");
    if (error.claim === "nbf") return refuse("not-yet-valid");
  }
  return refuse("malformed");
}
