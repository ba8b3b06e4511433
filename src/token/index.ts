export type { Introspection } from "./introspection.ts";
export type { PublicJwk } from "./key-ring.ts";
export { tokenMigrations } from "./migrations.ts";
export { createTokenService, type TokenService, type TokenServiceOptions } from "./token-service.ts";
export type { TokenFault, TokenRefusal, Verified } from "./verification.ts";
