import type { Claims, Parties } from "./claims.ts";
import type { TokenRefusal } from "./verification.ts";

/** RFC 7662, section 2.2. Times in seconds since the epoch. */
export type Introspection =
  | { readonly active: false }
  | {
      readonly active: true;
      /** Separated by blanks. */
      readonly scope: string;
      readonly client_id: string;
      readonly sub: string;
      readonly aud: string;
      readonly iss: string;
      readonly exp: number;
      readonly iat: number;
      readonly jti: string;
      readonly token_type: "Bearer";
    };

/** Says of a token that does not count nothing but that, so that nobody learns why by asking (RFC 7662, section 2.2). */
export function introspect(
  claims: Claims | TokenRefusal,
  { issuer, audience }: Parties,
  isLive: (claims: Claims) => boolean,
): Introspection {
  if (!claims.ok || !isLive(claims)) return { active: false };
  return {
    active: true,
    scope: claims.scope,
    client_id: claims.client,
    sub: claims.subject,
    aud: audience,
    iss: issuer,
    exp: claims.expiresAt,
    iat: claims.issuedAt,
    jti: claims.id,
    token_type: "Bearer",
  };
}
