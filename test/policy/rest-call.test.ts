import { describe, expect, test } from "vitest";
import { OPERATIONS, parseRest, REFUSED_FAMILIES } from "../../src/policy/index.ts";

const SHOP = "/repositories/demo/shop";
const PULL_REQUEST = `${SHOP}/pullrequests/7`;
const parse = (method: string, path: string, body?: unknown, search = "") =>
  parseRest(method, path, new URLSearchParams(search), body);

describe("which repository a path names", () => {
  test.each([
    ["/repositories/Demo/SHOP/wiki", "demo/shop"],
    ["/repositories/demo/shop/wiki/x/y", "demo/shop"],
    ["/repositories/demo", null],
    ["/Repositories/demo/shop", null],
    ["/x/repositories/demo/shop", null],
    ["/rest/demo/shop", null],
    ["/repositories", null],
    ["", null],
    ["/", null],
  ])("%s: %s", (path, repository) => {
    const parsed = parse("PATCH", path);
    if (parsed.kind === "malformed") expect([path, path.length < 2]).toEqual([path, true]);
    else {
      expect(["refused", "unlisted"]).toContain(parsed.kind);
      expect(parsed).toMatchObject({ repository });
    }
  });

  test("a refused family answers at its root and below, with the row that says why", () => {
    for (const { operation, methods, paths } of REFUSED_FAMILIES) {
      for (const path of paths) {
        const at = path
          .replace("{workspace}", "Demo")
          .replace("{repo_slug}", "Shop")
          .replace(/\{(?!rest)\w+\}/gu, "1");
        const below = at.replace("/{rest*}", "/1/2");
        for (const place of new Set([below, at.replace("/{rest*}", "")])) {
          const parsed = parse(methods?.[0] ?? "PATCH", place);
          if (parsed.kind !== "refused" || parsed.operation !== operation) continue;
          const named = place.startsWith("/repositories/Demo/Shop");
          expect([place, parsed.repository]).toEqual([place, named ? "demo/shop" : null]);
        }
        const parsed = parse(methods?.[0] ?? "PATCH", below);
        expect([below, parsed.kind === "refused" && parsed.operation.id]).toEqual([below, operation.id]);
      }
    }
  });
});

describe("attack 7: segments are decoded once, and stay segments", () => {
  const src = (rest: string) => parse("GET", `${SHOP}/src/main/${rest}`);
  test.each([
    ["a%20b", "a b"],
    ["a%2520b", "a%20b"],
    ["a%252fb", "a%2fb"],
    ["...", "..."],
    [".a", ".a"],
    ["a..", "a.."],
    ["%C3%A9", "é"],
    ["a~!", "a~!"],
    ["a/b/", "a/b"],
  ])("%s is %j", (written, path) => {
    expect(src(written)).toMatchObject({ kind: "call", call: { path: { commit: "main", path } } });
  });

  test.each([
    ".",
    "..",
    "%2e",
    "%2E%2e",
    "a/../b",
    "a/./b",
    "a//b",
    "a//",
    "/a",
    "a%2fb",
    "%2f",
    "a%5Cb",
    "%00",
    "a%1fb",
    "a%7fb",
    "%0a",
    "%",
    "%zz",
    "%c3",
    "a/%ff",
  ])("malformed: %s", (written) => {
    expect(src(written)).toEqual({ kind: "malformed", reason: expect.stringMatching(/path .*segment/u) });
  });

  test("a first slash is not needed, and a second one is malformed", () => {
    expect(parse("GET", "repositories/demo/shop")).toMatchObject({ call: { operation: { id: "repository.get" } } });
    expect(parse("GET", "//repositories/demo/shop").kind).toBe("malformed");
    expect(parse("GET", "/repositories/demo/shop//").kind).toBe("malformed");
  });
});

describe("numbers in paths", () => {
  test.each(["1", "7", "10", "123456789012345"])("%s is one", (id) => {
    expect(parse("GET", `${SHOP}/pullrequests/${id}`)).toMatchObject({ call: { path: { pull_request_id: id } } });
  });
  test.each(["0", "01", "-1", "+1", "1.0", "1x", "x1", "1e3", "0x1", "1234567890123456", "%31%20", "１"])(
    "%s is none",
    (id) => expect(parse("GET", `${SHOP}/pullrequests/${id}`)).toEqual({ kind: "unlisted", repository: "demo/shop" }),
  );
  test("a text in a path need not be one", () => {
    expect(parse("GET", `${SHOP}/src/0/x`).kind).toBe("call");
  });
});

test("of a repeated query parameter the first counts, but states add up", () => {
  const parsed = parse("GET", `${SHOP}/pullrequests`, undefined, "state=OPEN&page=2&state=MERGED&page=3&q=");
  expect(parsed).toMatchObject({ call: { query: { state: "OPEN,MERGED", page: "2", q: "" } } });
  expect(parse("GET", `${SHOP}/pullrequests`)).toMatchObject({ call: { query: {} } });
});

describe("bodies", () => {
  test("of a request that has none are not looked at", () => {
    for (const body of [{ evil: 1 }, ["x"], "x"]) {
      expect(parse("GET", PULL_REQUEST, body)).toMatchObject({ kind: "call", call: { body: null } });
      expect(parse("DELETE", `${PULL_REQUEST}/comments/3`, body)).toMatchObject({ kind: "call", call: { body: null } });
    }
  });

  test.each([[undefined], [null], [{}]])("%j is an empty one", (body) => {
    expect(parse("POST", `${PULL_REQUEST}/comments`, body)).toMatchObject({ kind: "call", call: { body: {} } });
  });

  test.each([[[]], ["x"], [7], [true], [false], [0], [""]])("%j is malformed", (body) => {
    expect(parse("POST", `${PULL_REQUEST}/comments`, body)).toEqual({
      kind: "malformed",
      reason: expect.stringContaining("JSON object"),
    });
  });

  test.each([
    [{ content: { raw: "T" } }, null],
    [{ content: { raw: "T" }, inline: { path: "a", to: 3 } }, null],
    [{ content: { raw: "T" }, inline: { to: 1.5 } }, /inline\.to must be of type integer/u],
    [{ inline: { to: 2 ** 53 } }, /integer/u],
    [{ inline: { to: "3" } }, /integer/u],
    [{ inline: { to: null } }, /integer/u],
    [{ content: { raw: 1 } }, /content\.raw must be of type string/u],
    [{ content: { raw: ["T"] } }, /content\.raw must be of type string/u],
    [{ content: "T" }, /content is not a member/u],
    [{ content: { raw: { x: "T" } } }, /content\.raw\.x is not a member/u],
    [{ raw: "T" }, /raw is not a member .*comments\.create/u],
    [{ content: { raw: "T", html: "T" } }, /content\.html is not a member/u],
    [JSON.parse('{"__proto__": {"x": 1}}'), /__proto__\.x is not a member/u],
  ])("%j", (body, fault) => {
    const parsed = parse("POST", `${PULL_REQUEST}/comments`, body);
    if (fault === null) expect(parsed).toMatchObject({ kind: "call", call: { body } });
    else expect(parsed).toEqual({ kind: "malformed", reason: expect.stringMatching(fault) });
  });

  test("members that a row takes besides its arguments pass whatever their type", () => {
    const row = OPERATIONS.find(({ alsoInBody, rest }) => alsoInBody.length > 0 && rest?.method === "POST");
    const path = row?.rest?.path
      .replace("{workspace}", "demo")
      .replace("{repo_slug}", "shop")
      .replaceAll(/\{\w+\*?\}/gu, "1");
    for (const value of ["x", 1, true, null, ["x"]]) {
      const body = (row?.alsoInBody[0] ?? "")
        .split(".")
        .reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
      expect(parse("POST", path ?? "", body).kind).toBe("call");
    }
  });
});

test("no method but its own reaches a row", () => {
  for (const method of ["get", "HEAD", "OPTIONS", "", "__proto__", "null"]) {
    expect(parse(method, PULL_REQUEST)).toEqual({ kind: "unlisted", repository: "demo/shop" });
  }
});
