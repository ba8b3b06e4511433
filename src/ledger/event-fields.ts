import { z } from "zod";
import type { Grant } from "../policy/index.ts";

/** Longest text that one field keeps, in UTF-16 code units: an agent chooses much of it (attack 27). */
const TEXT_LIMIT = 2_000;

/** Free text, cut where it is too long rather than refused: what an agent tried must get on record. */
export const text = z
  .string()
  .overwrite((value) =>
    value.length <= TEXT_LIMIT ? value : `${value.slice(0, TEXT_LIMIT)}… (${value.length} characters)`,
  );

export const milliseconds = z.number().nonnegative();
export const count = z.int().nonnegative();
export const digest = z.string().regex(/^[0-9a-f]{64}$/);
export const exitCode = z.int();

/** Which item of which step: every event of an item carries both. */
export const place = { step: z.int().positive(), item: z.string().max(200) };

/** A grant, as plain data: anything with behaviour, such as a `Secret`, is refused. */
export const grant = z.custom<Grant>(isPlainObject, "a grant must be plain data");

function isPlainObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && isPlain(value);
}

function isPlain(value: unknown): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object") return false;
  if (Array.isArray(value)) return value.every(isPlain);
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && Object.values(value).every(isPlain);
}
