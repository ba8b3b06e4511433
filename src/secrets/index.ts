export { readCredential, writeCredential, type Credential } from "./credentials.ts";
export { createMasker, createMaskingStream, MASK, maskSecrets, type Masker } from "./masking-stream.ts";
