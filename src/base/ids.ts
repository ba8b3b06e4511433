import { createHash, randomBytes } from "node:crypto";

/** A string that only its own kind's constructor makes, so that a run id is never passed as a step id. */
export type Branded<Name extends string> = string & { readonly __brand: Name };

/** `bytes` random bytes in lower-case hex; 16 bytes where guessing must be hopeless, fewer where a person types it. */
export function randomHex(bytes: number): string {
  return randomBytes(bytes).toString("hex");
}

/**
 * An id in Bitbucket's form, a UUID in braces, derived from a name: the same name has the same id everywhere. Version 8 (RFC
 * 9562, section 5.8), over SHA-256.
 */
export function uuidFor(name: string): string {
  const hex = createHash("sha256").update(name).digest("hex");
  return `{${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}}`;
}
