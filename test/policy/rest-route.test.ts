import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { argumentsOf, callOf, OPERATIONS, parseRest } from "../../src/policy/index.ts";

const parse = (method: string, path: string, body?: unknown, search = "") =>
  parseRest(method, path, new URLSearchParams(search), body);

describe("a REST path is read as one operation", () => {
  test.each([
    ["GET", "/repositories/Demo/Shop", "repository.get", {}],
    ["GET", "/repositories/demo/shop/pullrequests/7", "pullrequests.get", { pull_request_id: "7" }],
    ["GET", "/repositories/demo/shop/pullrequests/7/", "pullrequests.get", { pull_request_id: "7" }],
    ["GET", "/repositories/demo/shop/src/main/docs/a%20b.md", "src.get", { commit: "main", path: "docs/a b.md" }],
    ["POST", "/repositories/demo/shop/pullrequests/7/merge", "pullrequests.merge", { pull_request_id: "7" }],
    [
      "DELETE",
      "/repositories/demo/shop/pullrequests/7/comments/3/resolve",
      "comments.reopen",
      { pull_request_id: "7", comment_id: "3" },
    ],
  ])("%s %s", (method, path, id, params) => {
    const parsed = parse(method, path);
    expect(parsed).toMatchObject({ kind: "call", call: { operation: { id }, repository: "demo/shop", path: params } });
  });

  test.each([
    "/repositories/demo/shop/pullrequests/0",
    "/repositories/demo/shop/pullrequests/1e3",
    "/repositories/demo/shop/pullrequests/7/x",
    "/repositories/demo/shop/wiki",
    "/rest/api",
  ])("unlisted: %s", (path) => expect(parse("GET", path).kind).toBe("unlisted"));

  test.each([
    "/repositories/demo/shop/../other/pullrequests",
    "/repositories/demo/shop%2F..%2Fother/pullrequests",
    "/repositories/demo/shop/%2e%2e/other",
    "/repositories/demo//shop",
    "/repositories/demo/shop/src/main/a%00b",
    "/repositories/demo/shop/src/main/a%5cb",
    "/repositories/demo/shop/src/main/%",
    "/repositories/demo/shop/src/main/%0d%0aX: y",
  ])("attack 7: malformed: %s", (path) => expect(parse("GET", path).kind).toBe("malformed"));
});

describe("members that a step may not send (attack 7, attack 44)", () => {
  const path = "/repositories/demo/shop/pullrequests";
  test.each([
    [{ title: "T", source: { branch: { name: "a" }, repository: { full_name: "demo/other" } } }],
    [{ title: "T", reviewers: [] }],
    // Bitbucket reads it where there is no description, so a pin on that (rule 8) would not see it (attack 42).
    [{ title: "T", summary: { raw: "another description" } }],
    [{ title: 7 }],
    [{ title: "T", state: "MERGED" }],
    [{ title: "T", __proto__x: 1 }],
    [{ title: "T", "source.branch.name": "main" }],
    [{ title: "T", source: { "branch.name": "main" } }],
    [["title"]],
    ["title"],
  ])("%j", (body) => expect(parse("POST", path, body).kind).toBe("malformed"));

  test("the listed ones pass", () => {
    const body = {
      title: "T",
      source: { branch: { name: "a" } },
      destination: { branch: { name: "b" } },
      close_source_branch: true,
    };
    const parsed = parse("POST", path, body);
    expect(parsed.kind === "call" && argumentsOf(parsed.call)).toEqual({
      title: "T",
      sourceBranch: "a",
      destinationBranch: "b",
      closeSourceBranch: true,
    });
  });
});

test("a tool's arguments survive the way to a call and back, for every row (rule 5: one operation, two doors)", () => {
  for (const operation of OPERATIONS) {
    const args = fc.record(
      Object.fromEntries(
        operation.arguments.map(({ name, type }) => [
          name,
          type === "string"
            ? fc.string({ minLength: 1 })
            : type === "boolean"
              ? fc.boolean()
              : fc.integer({ min: 1, max: 1_000_000 }),
        ]),
      ),
    );
    fc.assert(
      fc.property(args, (value) => {
        expect(argumentsOf(callOf(operation, "demo/shop", value))).toEqual({ ...value });
      }),
      { numRuns: 25 },
    );
  }
});

test("no path makes the parser throw", () => {
  fc.assert(
    fc.property(fc.string(), fc.webPath(), (text, path) => void (parse("GET", text), parse("PUT", path, { a: 1 }))),
  );
});

test("every REST row is reached by its own path", () => {
  for (const operation of OPERATIONS) {
    if (operation.rest === null) continue;
    const path = operation.rest.path
      .replaceAll(/\{workspace\}/gu, "demo")
      .replaceAll(/\{repo_slug\}/gu, "shop")
      .replaceAll(/\{\w+\*?\}/gu, "1");
    const parsed = parse(operation.rest.method, path, {});
    expect(parsed.kind === "call" && parsed.call.operation.id).toBe(operation.id);
  }
});
