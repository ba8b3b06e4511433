import type { RestMethod } from "./operation.ts";

/** What a path leads to. `template` has `{name}` for a segment and `{name*}` for all that follow, at its end only. */
export type Route<Target> = {
  /** null: whatever the method. */
  readonly method: RestMethod | null;
  readonly template: string;
  readonly target: Target;
};

/** Where a request leads, with the path's parameters. */
export type FoundRoute<Target> = { readonly target: Target; readonly parameters: Record<string, string> };

type End<Target> = { readonly target: Target; readonly names: readonly string[] };

/** One place in the tree of all templates: what may follow it, and what ends here, by method. */
type Place<Target> = {
  readonly literals: Map<string, Place<Target>>;
  parameter: Place<Target> | null;
  readonly ends: Map<RestMethod | null, End<Target>>;
  readonly openEnds: Map<RestMethod | null, End<Target>>;
};

/**
 * Finds a route in steps that depend on the path's length alone, not on the number of routes. The most specific template
 * wins, compared segment by segment: a literal before a parameter before all that follows; then a route of that method
 * before one of any. The order of `routes` does not matter: two of the same template and method are a caller's bug.
 */
export function createRouteIndex<Target>(
  routes: readonly Route<Target>[],
): (method: string, segments: readonly string[]) => FoundRoute<Target> | null {
  const root = createPlace<Target>();
  for (const route of routes) addRoute(root, route);
  return (method, segments) => {
    const values: string[] = [];
    // Sound: a text that is no method of REST is no key of any map either.
    const end = findEnd(root, segments, 0, method as RestMethod, values);
    if (end === null) return null;
    return {
      target: end.target,
      parameters: Object.fromEntries(end.names.map((name, at) => [name, values[at] ?? ""])),
    };
  };
}

function createPlace<Target>(): Place<Target> {
  return { literals: new Map(), parameter: null, ends: new Map(), openEnds: new Map() };
}

function addRoute<Target>(root: Place<Target>, { method, template, target }: Route<Target>): void {
  const names: string[] = [];
  let place = root;
  let isOpen = false;
  for (const segment of template.slice(1).split("/")) {
    const { name, all } = /^\{(?<name>\w+)(?<all>\*?)\}$/u.exec(segment)?.groups ?? {};
    if (name !== undefined) names.push(name);
    isOpen = all === "*";
    if (!isOpen) place = name === undefined ? literalOf(place, segment) : (place.parameter ??= createPlace());
  }
  const ends = isOpen ? place.openEnds : place.ends;
  if (ends.has(method)) throw new TypeError(`two routes for ${method ?? "any method of"} ${template}`);
  ends.set(method, { target, names });
}

function literalOf<Target>(place: Place<Target>, segment: string): Place<Target> {
  const next = place.literals.get(segment) ?? createPlace<Target>();
  place.literals.set(segment, next);
  return next;
}

/** Leaves the values of the parameters in `values`. Goes no deeper than the longest template. */
function findEnd<Target>(
  place: Place<Target>,
  segments: readonly string[],
  at: number,
  method: RestMethod,
  values: string[],
): End<Target> | null {
  const segment = segments[at];
  if (segment === undefined) return place.ends.get(method) ?? place.ends.get(null) ?? null;
  const literal = place.literals.get(segment);
  const found = literal === undefined ? null : findEnd(literal, segments, at + 1, method, values);
  if (found !== null) return found;
  const known = values.length;
  if (place.parameter !== null) {
    values.push(segment);
    const below = findEnd(place.parameter, segments, at + 1, method, values);
    if (below !== null) return below;
    values.length = known;
  }
  const open = place.openEnds.get(method) ?? place.openEnds.get(null);
  if (open === undefined) return null;
  values.push(segments.slice(at).join("/"));
  return open;
}
