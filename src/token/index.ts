export { tokenMigrations } from "./migrations.ts";
export { createTokenService, type TokenService, type TokenServiceOptions } from "./token-service.ts";
export type { TokenFault, TokenRefusal, Verified } from "./verification.ts";
