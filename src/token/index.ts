export { tokenMigrations } from "./migrations.ts";
export { createTokenService, type TokenService, type TokenServiceOptions } from "./token-service.ts";
export { TOKEN_FAULTS, type TokenFault, type TokenRefusal, type Verified } from "./verification.ts";
