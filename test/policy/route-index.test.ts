import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OPERATIONS, parseRest, REFUSED_FAMILIES } from "../../src/policy/index.ts";
import { createRouteIndex, type Route } from "../../src/policy/route-index.ts";

/** The oracle: goes through all routes as `sortRoutes` leaves them, and compares one by one. */
function findLinearly<Target>(sorted: readonly Route<Target>[], method: string, segments: readonly string[]) {
  for (const { method: wanted, template, target } of sorted) {
    if (wanted !== null && wanted !== method) continue;
    const parameters = matchSegments(template.slice(1).split("/"), segments);
    if (parameters !== null) return { target, parameters };
  }
  return null;
}

/** The most specific first. */
function sortRoutes<Target>(routes: readonly Route<Target>[]): readonly Route<Target>[] {
  return [...routes].sort((left, right) => (rankOf(left) < rankOf(right) ? -1 : 1));
}

/** One digit for each segment, so that texts compare as templates do: a literal, a parameter, all that follows; any method last. */
function rankOf({ template, method }: Route<unknown>): string {
  const digits = template
    .slice(1)
    .split("/")
    .map((segment) => (segment.endsWith("*}") ? "3" : segment.startsWith("{") ? "2" : "1"));
  return digits.join("") + (method === null ? "0any" : "0");
}

function matchSegments(template: readonly string[], segments: readonly string[]): Record<string, string> | null {
  const parameters: Record<string, string> = {};
  for (const [index, part] of template.entries()) {
    if (part.endsWith("*}")) {
      if (segments.length <= index) return null;
      return { ...parameters, [part.slice(1, -2)]: segments.slice(index).join("/") };
    }
    const segment = segments[index];
    if (segment === undefined || (!part.startsWith("{") && segment !== part)) return null;
    if (part.startsWith("{")) parameters[part.slice(1, -1)] = segment;
  }
  return segments.length === template.length ? parameters : null;
}

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

test("any routes: the index finds what a search through all of them finds", () => {
  const segment = fc.constantFrom("a", "b", "{x}", "c");
  const template = fc
    .tuple(fc.array(segment, { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(
      ([parts, open]) =>
        `/${[...parts.map((part, at) => (part === "{x}" ? `{x${at}}` : part)), ...(open ? ["{all*}"] : [])].join("/")}`,
    );
  const routes = fc.uniqueArray(fc.record({ method: fc.constantFrom(null, ...METHODS), template }), {
    selector: ({ method, template: text }) => `${method} ${text}`,
    maxLength: 12,
  });
  const path = fc.array(fc.constantFrom("a", "b", "c", "d", "{x}", "__proto__"), { minLength: 1, maxLength: 6 });
  let found = 0;
  fc.assert(
    fc.property(routes, fc.constantFrom(...METHODS, "OPTIONS"), path, (list, method, segments) => {
      const targets = list.map((route) => ({ ...route, target: `${route.method} ${route.template}` }));
      const expected = findLinearly(sortRoutes(targets), method, segments);
      if (expected !== null) found += 1;
      expect(createRouteIndex(targets)(method, segments)).toEqual(expected);
    }),
    { numRuns: 3000 },
  );
  expect(found).toBeGreaterThan(150);
});

describe("the table", () => {
  const own = OPERATIONS.flatMap(({ id, rest }) =>
    rest === null ? [] : [{ method: rest.method, template: rest.path, target: id }],
  );
  const refused = REFUSED_FAMILIES.flatMap(({ operation, methods, paths }) =>
    paths
      .flatMap((path) => (path.endsWith("/{rest*}") ? [path, path.replace("/{rest*}", "")] : [path]))
      .flatMap((template) => (methods ?? [null]).map((method) => ({ method, template, target: operation.id }))),
  );
  const routes: readonly Route<string>[] = [...own, ...refused];
  const sorted = sortRoutes(routes);
  const words = [
    ...new Set(
      routes.flatMap(({ template }) => template.split("/").filter((part) => part !== "" && !part.startsWith("{"))),
    ),
  ];

  test("parseRest finds what a search through all rows finds", () => {
    expect(routes.length).toBeGreaterThan(150);
    const near = fc.constantFrom(...routes).chain(({ template }) =>
      fc.tuple(
        ...template
          .slice(1)
          .split("/")
          .map((part) =>
            part.startsWith("{")
              ? fc.constantFrom("1", "demo", "x", ...words)
              : fc.oneof({ weight: 9, arbitrary: fc.constant(part) }, fc.constantFrom(...words)),
          ),
      ),
    );
    const far = fc.array(fc.constantFrom("repositories", "demo", "shop", "1", ...words), {
      minLength: 1,
      maxLength: 9,
    });
    fc.assert(
      fc.property(fc.constantFrom(...METHODS), fc.oneof({ weight: 4, arbitrary: near }, far), (method, segments) => {
        const expected = findLinearly(sorted, method, segments);
        const parsed = parseRest(method, `/${segments.join("/")}`, new URLSearchParams(), undefined);
        if (parsed.kind === "refused" || parsed.kind === "call") {
          expect(expected?.target).toBe(parsed.kind === "call" ? parsed.call.operation.id : parsed.operation.id);
          return;
        }
        // An id that is no number is unlisted although a template matches; the rows say which ids are.
        const row = OPERATIONS.find(({ id }) => id === expected?.target);
        const badId = row?.arguments.some(
          ({ type, at, in: where }) =>
            where === "path" && type === "integer" && !/^[1-9]\d*$/u.test(expected?.parameters[at] ?? ""),
        );
        expect(expected === null || badId === true).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});

test("two routes of one template and method are a caller's bug", () => {
  const route = { method: "GET", template: "/a/{x}", target: 1 } as const;
  expect(() => createRouteIndex([route, { ...route, template: "/a/{y}" }])).toThrow(TypeError);
});
