import { errors, jwtVerify, SignJWT, type JWTPayload } from "jose";
import type { Grant } from "../policy/index.ts";
import type { SigningKey } from "./keys.ts";
import { refuse, type TokenRefusal } from "./verification.ts";

/** Who issues tokens, and for whom. */
export type Parties = { readonly issuer: string; readonly audience: string };

/** The claims that this broker reads back: those of RFC 9068 section 2.2, and our own. */
export type Claims = {
  readonly ok: true;
  readonly id: string;
  readonly repository: string;
  readonly grantDigest: string;
};

const ALGORITHM = "EdDSA";
/** RFC 9068 section 2.1: keeps another kind of JWT from being taken for an access token. */
const TYPE = "at+jwt";
const CLIENT = "sallyport";
/** Seconds. */
const CLOCK_TOLERANCE = 5;
/** A token of ours has under 1,000 characters. */
const MAXIMUM_LENGTH = 8_192;

/** Signs a token. Times in seconds, rounded down: a token never outlives its grant. */
export function signClaims(
  grant: Grant,
  token: { readonly id: string; readonly digest: string; readonly now: number },
  key: SigningKey,
  parties: Parties,
): Promise<string> {
  const now = Math.floor(token.now / 1000);
  return new SignJWT({
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
  })
    .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid: key.kid })
    .sign(key.privateKey);
}

/** Signature, algorithm, key, type, parties and times; what they protect is read only afterwards. */
export async function readClaims(
  token: string,
  now: number,
  key: SigningKey,
  parties: Parties,
): Promise<Claims | TokenRefusal> {
  if (token.length > MAXIMUM_LENGTH) return refuse("malformed");
  try {
    const { payload } = await jwtVerify(token, ({ kid }) => publicKeyFor(kid, key), {
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

function publicKeyFor(kid: string | undefined, key: SigningKey): SigningKey["publicKey"] {
  if (kid !== key.kid) throw new UnknownKey();
  return key.publicKey;
}

function parseClaims(payload: JWTPayload): Claims | TokenRefusal {
  const { jti, repository, grant_digest: grantDigest } = payload;
  if (typeof jti !== "string" || typeof repository !== "string" || typeof grantDigest !== "string") {
    return refuse("malformed");
  }
  return { ok: true, id: jti, repository, grantDigest };
}

/** Every unforeseen error is a refusal too: fail closed. */
function refusalFor(error: unknown): TokenRefusal {
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
