import type { Json } from "../base/index.ts";
import { isObject, readMember, type JsonObject } from "../policy/index.ts";

/**
 * What a model needs of a JSON answer: our name → where it stands in Bitbucket's JSON, by dotted names. A pair trims each
 * element of a list. Names that are missing or null are left out.
 */
export type Shape = { readonly [name: string]: string | readonly [at: string, of: Shape] };

/** The members of `value` that `shape` names. A page (`{values: […]}`) is trimmed value by value. */
export function trimAnswer(value: Json, shape: Shape): Json {
  if (!isObject(value)) return value;
  const values = value["values"];
  return Array.isArray(values) ? trimPage(value, values, shape) : trimObject(value, shape);
}

function trimPage(page: JsonObject, values: readonly Json[], shape: Shape): Json {
  const trimmed = values.map((value) => (isObject(value) ? trimObject(value, shape) : value));
  const { size, page: number } = page;
  return {
    ...(typeof size === "number" ? { size } : {}),
    ...(typeof number === "number" ? { page: number } : {}),
    ...(typeof page["next"] === "string" ? { more: "there is a next page: ask for it with page" } : {}),
    values: trimmed,
  };
}

function trimObject(value: JsonObject, shape: Shape): JsonObject {
  const result: Record<string, Json> = {};
  for (const [name, where] of Object.entries(shape)) {
    const [at, of] = typeof where === "string" ? [where, null] : where;
    const member = readMember(value, at.split("."));
    if (member === undefined || member === null) continue;
    result[name] = of !== null && Array.isArray(member) ? trimEach(member, of) : member;
  }
  return result;
}

function trimEach(values: readonly Json[], shape: Shape): Json {
  return values.map((value) => (isObject(value) ? trimObject(value, shape) : value));
}
