import { randomBytes } from "node:crypto";

/** A string that only its own kind's constructor makes, so that a run id is never passed as a step id. */
export type Branded<Name extends string> = string & { readonly __brand: Name };

/** `bytes` random bytes in lower-case hex; 16 bytes where guessing must be hopeless, fewer where a person types it. */
export function randomHex(bytes: number): string {
  return randomBytes(bytes).toString("hex");
}
