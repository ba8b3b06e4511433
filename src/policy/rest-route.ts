import type { Json } from "../base/index.ts";
import type { ForgeCall, JsonObject } from "./forge-call.ts";
import { isObject } from "./forge-call.ts";
import type { ArgumentBinding, Operation } from "./operation.ts";
import { OPERATIONS } from "./operations.ts";

/** What a REST request turned out to be. */
export type ParsedRest =
  | { readonly kind: "call"; readonly call: ForgeCall }
  /** A path or method that the table does not list; `repository` is what the path names, or null. */
  | { readonly kind: "unlisted"; readonly repository: string | null }
  /** A request that no client of good will sends: answer 400. */
  | { readonly kind: "malformed"; readonly reason: string };

type Route = { readonly operation: Operation; readonly segments: readonly string[] };

const ROUTES: readonly Route[] = OPERATIONS.flatMap((operation) =>
  operation.rest === null ? [] : [{ operation, segments: operation.rest.path.slice(1).split("/") }],
);

/**
 * Reads a REST request below `/2.0` into a call of the operations table.
 *
 * `path` is the raw path as sent, without `/2.0` and the query. Each segment is decoded once; a segment that decodes to
 * something with a slash, a dot segment, a backslash or a control character is malformed, so that no encoding reaches
 * another resource than the one that was judged. A body member that the operation does not list is malformed too: it
 * could name another repository, a reviewer or a state.
 */
export function parseRest(method: string, path: string, search: URLSearchParams, body: unknown): ParsedRest {
  const segments = decodeSegments(path);
  if (segments === null) return { kind: "malformed", reason: "the path has an empty, dotted or encoded segment" };
  const repository =
    segments[0] === "repositories" && segments.length >= 3 ? `${segments[1]}/${segments[2]}`.toLowerCase() : null;
  for (const { operation, segments: template } of ROUTES) {
    if (operation.rest?.method !== method) continue;
    const params = matchSegments(template, segments);
    if (params === null || repository === null) continue;
    return readCall(operation, repository, params, search, body);
  }
  return { kind: "unlisted", repository };
}

function decodeSegments(path: string): string[] | null {
  const raw = path.replace(/^\//u, "").replace(/\/$/u, "").split("/");
  const segments: string[] = [];
  for (const part of raw) {
    let segment: string;
    try {
      segment = decodeURIComponent(part);
    } catch {
      return null;
    }
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    if (segment === "" || segment === "." || segment === ".." || /[/\\\u0000-\u001f\u007f]/u.test(segment)) return null;
    segments.push(segment);
  }
  return segments;
}

function matchSegments(template: readonly string[], segments: readonly string[]): Record<string, string> | null {
  const params: Record<string, string> = {};
  for (const [index, part] of template.entries()) {
    const rest = /^\{(?<name>\w+)\*\}$/u.exec(part)?.groups?.["name"];
    if (rest !== undefined) {
      if (segments.length <= index) return null;
      params[rest] = segments.slice(index).join("/");
      return params;
    }
    const segment = segments[index];
    if (segment === undefined) return null;
    const name = /^\{(?<name>\w+)\}$/u.exec(part)?.groups?.["name"];
    if (name === undefined ? segment !== part : false) return null;
    if (name !== undefined) params[name] = segment;
  }
  return segments.length === template.length ? params : null;
}

function readCall(
  operation: Operation,
  repository: string,
  params: Record<string, string>,
  search: URLSearchParams,
  body: unknown,
): ParsedRest {
  const { workspace: _workspace, repo_slug: _slug, ...path } = params;
  for (const binding of operation.arguments) {
    const value = path[binding.at];
    if (binding.in === "path" && binding.type === "integer" && !/^[1-9]\d{0,14}$/u.test(value ?? "")) {
      return { kind: "unlisted", repository };
    }
  }
  if (operation.humanGate !== null)
    return { kind: "call", call: { operation, repository, path, query: {}, body: null } };
  const query = readQuery(search);
  const takesBody = operation.rest?.method === "POST" || operation.rest?.method === "PUT";
  if (!takesBody) return { kind: "call", call: { operation, repository, path, query, body: null } };
  if (body !== undefined && body !== null && !isObject(body))
    return { kind: "malformed", reason: "the body must be a JSON object" };
  const object: JsonObject = isObject(body) ? body : {};
  const fault = bodyFault(operation, object);
  return fault === null
    ? { kind: "call", call: { operation, repository, path, query, body: object } }
    : { kind: "malformed", reason: fault };
}

function readQuery(search: URLSearchParams): Record<string, string> {
  const query: Record<string, string> = {};
  for (const name of new Set(search.keys())) {
    const values = search.getAll(name);
    query[name] = name === "state" ? values.join(",") : (values[0] ?? "");
  }
  return query;
}

/** Why a body is refused: a member that the row does not list, or one of another type. */
function bodyFault(operation: Operation, body: JsonObject): string | null {
  const bound = new Map(
    operation.arguments.flatMap((binding) => (binding.in === "body" ? [[binding.at, binding] as const] : [])),
  );
  for (const [name, value] of leaves(body, "")) {
    const binding = bound.get(name);
    if (binding === undefined && !operation.alsoInBody.includes(name))
      return `${name} is not a member that a step may send with ${operation.id}`;
    if (binding !== undefined && !hasType(value, binding)) return `${name} must be of type ${binding.type}`;
  }
  return null;
}

function* leaves(value: Json, name: string): Generator<readonly [name: string, value: Json]> {
  if (!isObject(value)) {
    yield [name, value];
    return;
  }
  for (const [member, child] of Object.entries(value)) yield* leaves(child, name === "" ? member : `${name}.${member}`);
}

function hasType(value: Json, binding: ArgumentBinding): boolean {
  if (binding.type === "integer") return Number.isSafeInteger(value);
  return typeof value === binding.type;
}
