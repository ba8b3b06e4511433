import type { Json } from "../base/index.ts";
import type { ForgeCall, JsonObject } from "./forge-call.ts";
import { isObject, takesBody } from "./forge-call.ts";
import type { ArgumentBinding, Operation } from "./operation.ts";
import { OPERATIONS } from "./operations.ts";
import { REFUSED_FAMILIES } from "./operations/refused.ts";
import { createRouteIndex } from "./route-index.ts";

/** What a REST request turned out to be. */
export type ParsedRest =
  | { readonly kind: "call"; readonly call: ForgeCall }
  /** A request that no step may make, by a row that says why; `repository` is what the path names, or null. */
  | { readonly kind: "refused"; readonly operation: Operation; readonly repository: string | null }
  /** A path or method that the table does not list; `repository` is what the path names, or null. */
  | { readonly kind: "unlisted"; readonly repository: string | null }
  /** A request that no client of good will sends: answer 400. */
  | { readonly kind: "malformed"; readonly reason: string };

/** Where a path leads: a row that a call may be made of, or a family that is refused whatever it says. */
type Target = { readonly operation: Operation; readonly refused: boolean };

const findRoute = createRouteIndex<Target>([
  ...OPERATIONS.flatMap((operation) =>
    operation.rest === null
      ? []
      : [{ method: operation.rest.method, template: operation.rest.path, target: { operation, refused: false } }],
  ),
  ...REFUSED_FAMILIES.flatMap(({ operation, methods, paths }) =>
    paths
      .flatMap(withParent)
      .flatMap((template) =>
        (methods ?? [null]).map((method) => ({ method, template, target: { operation, refused: true } })),
      ),
  ),
]);

/** `/hooks/{rest*}` of a family stands for `/hooks` too. */
function withParent(template: string): readonly string[] {
  return template.endsWith("/{rest*}") ? [template, template.slice(0, -"/{rest*}".length)] : [template];
}

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
  const route = findRoute(method, segments);
  if (route === null) return { kind: "unlisted", repository };
  const { operation, refused } = route.target;
  if (refused) return { kind: "refused", operation, repository };
  // A row's path names a repository; without one it would be a call on nothing.
  return repository === null
    ? { kind: "unlisted", repository }
    : readCall(operation, repository, route.parameters, search, body);
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
    if (segment === "" || segment === "." || segment === ".." || /[/\\\u0000-\u001f\u007f]/u.test(segment)) return null;
    segments.push(segment);
  }
  return segments;
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
  const query = readQuery(search);
  if (!takesBody(operation)) return { kind: "call", call: { operation, repository, path, query, body: null } };
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
  for (const [member, child] of Object.entries(value)) {
    // A dot in a member's own name would make it look like a nested one, which the pins then do not see.
    const own = member.includes(".") ? JSON.stringify(member) : member;
    yield* leaves(child, name === "" ? own : `${name}.${own}`);
  }
}

function hasType(value: Json, binding: ArgumentBinding): boolean {
  if (binding.type === "integer") return Number.isSafeInteger(value);
  return typeof value === binding.type;
}
