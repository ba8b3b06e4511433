import { z } from "zod";
import { GATES } from "../policy/index.ts";
import { count, digest, exitCode, grant, milliseconds, place, text } from "./event-fields.ts";

/** The door that a request came by. */
const door = z.enum(["mcp", "rest", "git", "proxy", "model", "package"]);
/** How a step or a run ended. */
const ending = z.enum(["passed", "failed", "refused", "interrupted", "cancelled"]);

/**
 * Everything that can stand in a ledger: a closed union, and the one place that a new kind is added to. Strict objects
 * of plain data, so that neither a secret nor a stray field gets in; a token is named by its id only.
 */
export const ledgerEventSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("run.started"),
    run: text,
    selector: text,
    repository: text,
    /** Full object id of what runs, and of the trusted file. */
    commit: text.nullable(),
    trustedCommit: text.nullable(),
    pullRequest: count.nullable(),
  }),
  /** An organisation's policy that caps the run's steps, by the digest of its bytes. */
  z.strictObject({ type: z.literal("policy.applied"), policy: text, digest }),
  z.strictObject({ type: z.literal("run.ended"), state: ending, code: exitCode }),
  z.strictObject({ type: z.literal("run.interrupted"), reason: text }),
  z.strictObject({ type: z.literal("run.cancelled"), reason: text }),

  z.strictObject({ type: z.literal("step.started"), step: place.step, name: text, reviewed: z.boolean() }),
  z.strictObject({ type: z.literal("step.refused"), step: place.step, reason: text }),
  z.strictObject({
    type: z.literal("step.ended"),
    step: place.step,
    state: ending,
    code: exitCode.nullable(),
    ms: milliseconds,
  }),

  z.strictObject({ type: z.literal("item.started"), ...place, agent: text.nullable() }),
  z.strictObject({ type: z.literal("item.ended"), ...place, code: exitCode, limit: text.nullable() }),

  z.strictObject({ type: z.literal("grant.made"), ...place, digest, grant }),
  z.strictObject({ type: z.literal("token.minted"), ...place, token: text, expiresAt: count }),
  z.strictObject({ type: z.literal("token.revoked"), token: text, reason: text }),

  z.strictObject({ type: z.literal("box.started"), ...place, box: text, provider: text }),
  z.strictObject({ type: z.literal("box.destroyed"), ...place, box: text }),

  z.strictObject({
    type: z.literal("decision"),
    ...place,
    /** A row of the operations' table. */
    operation: text,
    door,
    tool: text.nullable(),
    /** How the request reads for a person. Inert text. */
    summary: text,
    writes: z.boolean(),
    allow: z.boolean(),
    /** Which gate refused, why, and what would have to change; null when allowed. */
    gate: z.enum(GATES).nullable(),
    reason: text.nullable(),
    needs: z
      .strictObject({ scopes: z.array(text).readonly().exactOptional(), change: text.exactOptional() })
      .nullable(),
  }),
  z.strictObject({
    type: z.literal("operation.done"),
    ...place,
    operation: text,
    /** The `seq` of the decision that allowed it. */
    decision: count,
    /** HTTP status, or `ok` / `error` where there is none. */
    status: z.union([count, z.enum(["ok", "error"])]),
    ms: milliseconds,
  }),

  z.strictObject({ type: z.literal("approval.asked"), ...place, approval: text, digest, summary: text }),
  z.strictObject({
    type: z.literal("approval.answered"),
    ...place,
    approval: text,
    answer: z.enum(["approved", "denied", "expired"]),
    by: text.nullable(),
  }),

  /** Something that a reader of the run must know, such as a promise made void by policy. */
  z.strictObject({ type: z.literal("notice"), step: place.step.nullable(), text }),
  /** A crash left half a line behind; this is what was cut away. Written by the ledger itself. */
  z.strictObject({ type: z.literal("ledger.recovered"), droppedBytes: count, droppedDigest: digest }),
]);

export type LedgerEvent = z.infer<typeof ledgerEventSchema>;
export type LedgerEventType = LedgerEvent["type"];

/** Checks an event. Throws `TypeError` naming the fields, never their values: a wrong one may be a secret. */
export function parseEvent(event: unknown): LedgerEvent {
  const result = ledgerEventSchema.safeParse(event);
  if (result.success) return result.data;
  const fields = result.error.issues.map((issue) => issue.path.join(".") || "type").join(", ");
  throw new TypeError(`not a ledger event: ${fields}`);
}
