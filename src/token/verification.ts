import type { RepositoryName } from "../policy/index.ts";

/** What a token that counts says. */
export type Verified = {
  readonly ok: true;
  /** `jti`: the only part of a token that may be logged. */
  readonly id: string;
  readonly run: string;
  readonly step: number;
  readonly item: string;
  readonly repository: RepositoryName;
  readonly grantDigest: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
};

/** Why a token does not count, each with the clause that a denial shows (gate `token`). */
const TOKEN_FAULTS = {
  malformed: "it is not a token of this broker",
  signature: "its signature does not hold",
  issuer: "it was issued by somebody else",
  audience: "it is meant for another audience",
  expired: "it has expired",
  "not-yet-valid": "it is not valid yet",
  unknown: "no record of it exists here",
  revoked: "it was revoked, as every token is at the end of its step",
  repository: "it names another repository",
  grant: "it does not carry the digest of this grant",
} as const;

export type TokenFault = keyof typeof TOKEN_FAULTS;

/** A refusal never holds any part of the token. */
export type TokenRefusal = { readonly ok: false; readonly fault: TokenFault; readonly reason: string };

export function refuse(fault: TokenFault): TokenRefusal {
  return { ok: false, fault, reason: TOKEN_FAULTS[fault] };
}
