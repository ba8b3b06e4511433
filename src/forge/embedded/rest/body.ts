import type { Json } from "../../../base/index.ts";
import { isObject, readMember, type JsonObject } from "../../../policy/index.ts";
import { badField } from "./answers.ts";

/** Most bytes of a description, a comment or a task. */
export const LONGEST_CONTENT = 32 * 1024;

/** A text at a dotted name, or undefined when it is absent. Throws 400 for another type, too many bytes, or a NUL. */
export function readText(body: JsonObject | null, at: string, longest: number): string | undefined {
  const value = readMember(body, at.split("."));
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw badField(at, "must be a text");
  if (Buffer.byteLength(value) > longest) throw badField(at, `must have at most ${longest} bytes`);
  if (value.includes("\0")) throw badField(at, "must not contain NUL");
  return value;
}

/** The same, for a text that has to be there and to say something. */
export function requireText(body: JsonObject | null, at: string, longest: number): string {
  const value = readText(body, at, longest);
  if (value === undefined || value.trim() === "") throw badField(at, "is required");
  return value;
}

export function readInteger(body: JsonObject | null, at: string, most = 10_000_000): number | undefined {
  const value = readMember(body, at.split("."));
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 1 || value > most) {
    throw badField(at, `must be a whole number from 1 to ${most}`);
  }
  return value;
}

export function readBoolean(body: JsonObject | null, at: string): boolean | undefined {
  const value = readMember(body, at.split("."));
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "boolean") throw badField(at, "must be true or false");
  return value;
}

export function readChoice<Choice extends string>(
  body: JsonObject | null,
  at: string,
  choices: readonly Choice[],
): Choice | undefined {
  const value = readText(body, at, 200);
  if (value === undefined) return undefined;
  const choice = choices.find((candidate) => candidate === value);
  if (choice === undefined) throw badField(at, `must be one of ${choices.join(", ")}`);
  return choice;
}

/** The objects of a list, or undefined when it is absent. */
export function readObjects(body: JsonObject | null, at: string): readonly JsonObject[] | undefined {
  const value: Json | undefined = readMember(body, at.split("."));
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || value.length > 100) throw badField(at, "must be a list of at most 100");
  return value.map((item: unknown) => {
    if (!isObject(item)) throw badField(at, "must be a list of objects");
    return item;
  });
}
