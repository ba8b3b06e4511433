export { canonicalJson, digestOf, type Json } from "./canonical-json.ts";
export { createClock, type Clock } from "./clock.ts";
export { SallyportError, systemErrorCode, type ErrorCode } from "./errors.ts";
export { formatFinding, type Finding, type Severity } from "./finding.ts";
export { randomHex, uuidFor, type Branded } from "./ids.ts";
export { inert } from "./inert.ts";
export { assertPrivate, ensurePrivateFolder } from "./private-folder.ts";
export { currentProcess, isProcessAlive, type ProcessIdentity } from "./process-identity.ts";
export { Secret } from "./secret.ts";
