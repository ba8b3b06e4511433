import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { authorize, operationById, OPERATIONS, parseRest, REFUSED_FAMILIES } from "../../src/policy/index.ts";
import { ALL_STEP_SCOPES, grantWith } from "./grants.ts";

/** `METHOD /path` of every operation of Bitbucket's OpenAPI document, taken out of it once. */
const LISTED = readFileSync(join(import.meta.dirname, "bitbucket-operations.txt"), "utf8")
  .trim()
  .split("\n");
/** The document itself, which is kept beside the checkout and not in it. */
const DOCUMENT = join(import.meta.dirname, "../../../shared/reference/bitbucket-openapi.yml");
const METHODS = ["get", "post", "put", "patch", "delete"];

/** A path that a client would send for a template of the document. */
function exampleOf(template: string): string {
  return template
    .replace("{workspace}", "demo")
    .replace("{repo_slug}", "shop")
    .replaceAll(/\{\w+\}/gu, "1");
}

/** Templates are the same when they differ in the names of parameters and a last slash only. */
function shapeOf(template: string): string {
  return template.replaceAll(/\{\w+\*?\}/gu, "{}").replace(/\/$/u, "");
}

const SHAPES = new Set(LISTED.map(shapeOf));

test.skipIf(!existsSync(DOCUMENT))(
  "the list is the document's own (skipped where the document is not beside the checkout)",
  () => {
    // Sound: an OpenAPI document has `paths` of methods; a wrong shape would make a wrong list, and fail here.
    const { paths } = parse(readFileSync(DOCUMENT, "utf8")) as { paths: Record<string, Record<string, unknown>> };
    const operations = Object.entries(paths).flatMap(([path, item]) =>
      METHODS.flatMap((method) => (method in item ? [`${method.toUpperCase()} ${path}`] : [])),
    );
    expect([...LISTED].sort()).toEqual(operations.sort());
  },
);

test("the list is there", () => expect(LISTED.length).toBe(256));

describe("every operation of the document is a row, or refused by one with a reason", () => {
  const search = new URLSearchParams();
  test.each(LISTED)("%s", (line) => {
    const [method = "", template = ""] = line.split(" ");
    const parsed = parseRest(method, exampleOf(template), search, undefined);
    expect(["call", "refused"]).toContain(parsed.kind);
    if (parsed.kind === "refused") expect(reasonOf(parsed.operation.id)).toMatch(/\w{3}/u);
    if (parsed.kind !== "call") return;
    const { rest } = parsed.call.operation;
    // The very same template, not one that happens to match.
    expect(shapeOf(`${rest?.method} ${rest?.path}`)).toBe(shapeOf(line));
  });
});

function reasonOf(id: string): string | null {
  const { humanGate, outside } = operationById(id);
  return humanGate ?? outside;
}

describe("every row is in the document, or says where else it comes from", () => {
  const rows = OPERATIONS.filter(({ rest }) => rest !== null);
  test.each(rows.map((row) => [row.id, row] as const))("%s", (_id, { rest, source }) => {
    const known = SHAPES.has(shapeOf(`${rest?.method} ${rest?.path}`));
    expect(known || source !== "Bitbucket REST 2.0").toBe(true);
    // And the mark is not left on what the document does know.
    expect(known && source.includes("newer")).toBe(false);
  });

  test.each(REFUSED_FAMILIES.map((family) => [family.operation.id, family] as const))("%s", (_id, family) => {
    const meets = family.paths.map((path) =>
      LISTED.some((line) => {
        const [method = "", template = ""] = line.split(" ");
        const parsed = parseRest(method, exampleOf(template), new URLSearchParams(), undefined);
        return parsed.kind === "refused" && parsed.operation === family.operation && startsLike(template, path);
      }),
    );
    const marked = family.operation.source.includes("newer") || GUARDS.includes(family.operation.id);
    expect(meets.every(Boolean)).toBe(!marked);
  });
});

/** Families that stand behind rows of their own, for methods and paths that nobody documents; and a name that replaced another. */
const GUARDS = ["statuses.other", "outside.workspaces"];

function startsLike(template: string, path: string): boolean {
  return shapeOf(template).startsWith(shapeOf(path.replace(/\/\{rest\*\}$/u, "")));
}

describe("what is refused is refused to every step, and whatever the method", () => {
  const everything = grantWith({ scopes: ALL_STEP_SCOPES, agentStep: false, agent: null });
  const NOW = { now: 0, calls: 0 };
  test.each([
    ["GET", "/repositories/demo/shop/hooks", "hooks", "human-gate"],
    ["PATCH", "/repositories/demo/shop/hooks/1/x/y", "hooks", "human-gate"],
    ["POST", "/repositories/demo/shop/deploy-keys/", "deployKeys", "human-gate"],
    ["GET", "/repositories/demo/shop/pipelines_config/variables", "pipelines.configure", "human-gate"],
    ["PUT", "/repositories/demo/shop/pipelines_config/a/b/c/d/e/f", "pipelines.configure", "human-gate"],
    ["PUT", "/repositories/demo/shop/pullrequests/1/properties/app/name", "properties", "human-gate"],
    ["GET", "/repositories/demo/shop/commit/abc/properties/app/name", "properties", "human-gate"],
    ["DELETE", "/repositories/demo/shop/commit/abc/statuses/build/key", "statuses.other", "human-gate"],
    ["POST", "/repositories/demo/shop/src", "src.write", "human-gate"],
    ["POST", "/repositories/demo/shop/pipelines", "pipelines.start", "human-gate"],
    ["DELETE", "/repositories/demo/shop", "repository.administer", "human-gate"],
    ["DELETE", "/repositories/demo/shop/refs/branches/feature/x", "refs.delete", "human-gate"],
    ["GET", "/user", "outside.users", "repository"],
    ["GET", "/users/ann/ssh-keys", "outside.users", "repository"],
    ["GET", "/workspaces/demo/pipelines-config/variables", "outside.workspaces", "repository"],
    ["POST", "/teams/demo/hooks", "outside.workspaces", "repository"],
    ["GET", "/snippets/demo/1/files/a", "outside.snippets", "repository"],
    ["GET", "/repositories/demo", "outside.repositories", "repository"],
    ["POST", "/repositories", "outside.repositories", "repository"],
  ])("%s %s", (method, path, id, gate) => {
    const parsed = parseRest(method, path, new URLSearchParams(), undefined);
    expect(parsed).toMatchObject({ kind: "refused", operation: { id } });
    const resource = { repository: gate === "repository" ? null : "demo/shop", arguments: {} };
    expect(authorize(everything, operationById(id), resource, NOW)).toMatchObject({
      allow: false,
      gate,
      reason: reasonOf(id),
    });
  });

  test("attack 7: a family of another repository is refused as another repository", () => {
    const resource = { repository: "demo/other", arguments: {} };
    expect(authorize(everything, operationById("hooks"), resource, NOW)).toMatchObject({ gate: "repository" });
  });

  test("attack 7: a spec of another repository is no spec", () => {
    for (const spec of ["demo/other:a..b", "demo%2Fother:a..b"]) {
      const parsed = parseRest("GET", `/repositories/demo/shop/diff/${spec}`, new URLSearchParams(), undefined);
      expect(parsed.kind).not.toBe("call");
    }
  });
});

/** The oracle: the noun by the first word of the path that says one, the verb by the method (rule 1). */
const NOUNS: readonly (readonly [path: RegExp, nouns: readonly string[]])[] = [
  [/^\/(?:issues|milestones|versions|components)\b/u, ["issue"]],
  [/^\/(?:pullrequests|default-reviewers)\b/u, ["pullrequest"]],
  [/^\/pipelines\/.*\/test_reports\b/u, ["pipeline", "test"]],
  [/^\/pipelines\b/u, ["pipeline"]],
  [/^/u, ["repository"]],
];
/** Reads by POST: their bodies are lists that are too long for a query. */
const READS = [/^POST \/commits(?:\/|$)/u];

test("rule 1: the scopes of every REST row are those of its noun and its method", () => {
  let seen = 0;
  for (const { id, rest, scopes } of OPERATIONS) {
    if (rest === null) continue;
    const below = rest.path.replace("/repositories/{workspace}/{repo_slug}", "");
    const reads = rest.method === "GET" || READS.some((pattern) => pattern.test(`${rest.method} ${below}`));
    const nouns = NOUNS.find(([path]) => path.test(below))?.[1] ?? [];
    expect([id, scopes]).toEqual([id, nouns.map((noun) => `${reads ? "read" : "write"}:${noun}:bitbucket`)]);
    seen += 1;
  }
  expect(seen).toBeGreaterThan(90);
});

test("attack 42: a comment, a diff or a file is not to be had by a row that its tool does not govern", () => {
  const governed = (pattern: RegExp): readonly (string | null)[] => [
    ...new Set(
      OPERATIONS.filter(({ rest }) => rest?.method === "GET" && pattern.test(rest.path)).map(({ tool }) => tool),
    ),
  ];
  expect(governed(/\/pullrequests\/(?:.*\/)?(?:comments|activity)/u)).toEqual(["getPullRequestComments"]);
  expect(governed(/\/pullrequests\/.*\/(?:diff|patch)$/u)).toEqual(["getPullRequestDiff"]);
  expect(governed(/\/src\b/u)).toEqual(["getFileContent"]);
});
