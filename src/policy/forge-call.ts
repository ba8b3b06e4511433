import type { Json } from "../base/index.ts";
import type { ArgumentBinding, Operation } from "./operation.ts";

/** Members of a JSON object. */
export type JsonObject = { readonly [member: string]: Json };

/**
 * One operation on the forge, parsed from whatever door it came by. A forge builds its own request from these parts;
 * nothing of the original path or body is forwarded as it came.
 */
export type ForgeCall = {
  readonly operation: Operation;
  /** `workspace/slug` as the request names it, lower case. */
  readonly repository: string;
  /** Path parameters besides workspace and repo_slug, decoded. */
  readonly path: Readonly<Record<string, string>>;
  /** Query parameters; the first value where one is repeated, but for `state`, whose values are joined by commas. */
  readonly query: Readonly<Record<string, string>>;
  readonly body: JsonObject | null;
};

/** The arguments of a call by their tool names: what pins compare and the ledger shows. Absent ones are left out. */
export function argumentsOf(call: ForgeCall): Record<string, string | number | boolean> {
  const result: Record<string, string | number | boolean> = {};
  for (const binding of call.operation.arguments) {
    const value = readBinding(call, binding);
    if (value !== undefined) result[binding.name] = value;
  }
  return result;
}

/** The call that does `operation` with a tool's arguments: the inverse of `argumentsOf`. */
export function callOf(operation: Operation, repository: string, args: Readonly<Record<string, unknown>>): ForgeCall {
  const path: Record<string, string> = {};
  const query: Record<string, string> = {};
  const body: Record<string, Json> = {};
  for (const binding of operation.arguments) {
    const value = args[binding.name];
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") continue;
    if (binding.in === "path") path[binding.at] = String(value);
    else if (binding.in === "query") query[binding.at] = String(value);
    else writeMember(body, binding.at.split("."), value);
  }
  return { operation, repository, path, query, body: takesBody(operation) ? body : null };
}

/** Whether a request of this operation has a body. */
export function takesBody({ rest }: Operation): boolean {
  return rest?.method === "POST" || rest?.method === "PUT" || rest?.method === "PATCH";
}

function readBinding(call: ForgeCall, binding: ArgumentBinding): string | number | boolean | undefined {
  if (binding.in === "body") {
    const value = readMember(call.body, binding.at.split("."));
    return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : undefined;
  }
  const text = (binding.in === "path" ? call.path : call.query)[binding.at];
  if (text === undefined || binding.type === "string") return text;
  return binding.type === "integer" ? Number(text) : text === "true";
}

/** The value at a dotted name in a body, or undefined. */
export function readMember(body: JsonObject | null, names: readonly string[]): Json | undefined {
  let value: Json | undefined = body ?? undefined;
  for (const name of names) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

function writeMember(body: Record<string, Json>, names: readonly string[], value: Json): void {
  const [name, ...rest] = names;
  if (name === undefined) return;
  if (rest.length === 0) {
    body[name] = value;
    return;
  }
  const child: Record<string, Json> = isObject(body[name]) ? { ...body[name] } : {};
  writeMember(child, rest, value);
  body[name] = child;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
