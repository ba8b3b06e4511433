import { describe, expect, test } from "vitest";
import {
  argumentsOf,
  callOf,
  isObject,
  operationById,
  readMember,
  type ForgeCall,
  type JsonObject,
  type Operation,
} from "../../src/policy/index.ts";
import { takesBody } from "../../src/policy/forge-call.ts";

/** A row with an argument of every type in every place. */
const ROW: Operation = {
  ...operationById("comments.create"),
  arguments: [
    { name: "id", type: "integer", in: "path", at: "the_id" },
    { name: "file", type: "string", in: "path", at: "file" },
    { name: "page", type: "integer", in: "query", at: "page" },
    { name: "draft", type: "boolean", in: "query", at: "is_draft" },
    { name: "text", type: "string", in: "body", at: "content.raw" },
    { name: "markup", type: "string", in: "body", at: "content.markup" },
    { name: "line", type: "integer", in: "body", at: "inline.to.line" },
    { name: "pending", type: "boolean", in: "body", at: "pending" },
  ],
};
const ARGUMENTS = { id: 7, file: "a/b", page: 2, draft: true, text: "T", markup: "plain", line: 3, pending: false };
const CALL: ForgeCall = {
  operation: ROW,
  repository: "demo/shop",
  path: { the_id: "7", file: "a/b" },
  query: { page: "2", is_draft: "true" },
  body: { content: { raw: "T", markup: "plain" }, inline: { to: { line: 3 } }, pending: false },
};

test("each argument has its own place in the call", () => {
  expect(callOf(ROW, "demo/shop", ARGUMENTS)).toEqual(CALL);
  expect(argumentsOf(CALL)).toEqual(ARGUMENTS);
});

test("what is absent, or no plain value, has no place", () => {
  const empty = { operation: ROW, repository: "demo/shop", path: {}, query: {}, body: {} };
  expect(callOf(ROW, "demo/shop", {})).toEqual(empty);
  for (const value of [null, undefined, {}, [], ["a"], () => 1, Symbol("s"), 1n]) {
    const args = Object.fromEntries(Object.keys(ARGUMENTS).map((name) => [name, value]));
    expect(callOf(ROW, "demo/shop", args)).toEqual(empty);
  }
  expect(callOf(ROW, "demo/shop", { more: "x", raw: "x" })).toEqual(empty);
  expect(argumentsOf({ ...empty, body: null })).toEqual({});
});

test("falsy values are values", () => {
  const args = { id: 0, file: "", draft: false, text: "", line: 0, pending: false };
  expect(argumentsOf(callOf(ROW, "demo/shop", args))).toEqual(args);
});

test.each(["false", "TRUE", "1", ""])("a boolean of the query is true by that word only: %j", (text) => {
  expect(argumentsOf({ ...CALL, path: {}, body: {}, query: { is_draft: text } })).toEqual({ draft: false });
});

test.each([null, [], {}, ["T"]])("a body's member that is %j is no argument", (value) => {
  expect(argumentsOf({ ...CALL, path: {}, query: {}, body: { pending: value, content: { raw: value } } })).toEqual({});
});

test("a later argument takes the place of an earlier one that stands in its way", () => {
  const at = (name: string, place: string) => ({ name, type: "string" as const, in: "body" as const, at: place });
  const row = { ...ROW, arguments: [at("a", "x"), at("b", "x.y")] };
  expect(callOf(row, "demo/shop", { a: "1", b: "2" }).body).toEqual({ x: { y: "2" } });
});

test("only what writes by a body has one", () => {
  const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
  const withBody = methods.filter((method) => takesBody({ ...ROW, rest: { method, path: "/x" } }));
  expect(withBody).toEqual(["POST", "PUT", "PATCH"]);
  expect(takesBody({ ...ROW, rest: null })).toBe(false);
  expect(callOf({ ...ROW, rest: null }, "demo/shop", ARGUMENTS).body).toBeNull();
});

describe("a member is read by own names only", () => {
  // Sound: `JSON.parse` makes an own member of `__proto__`, as a request may.
  const body = JSON.parse(
    '{"a": {"b": {"c": null}}, "list": ["x"], "text": "abc", "__proto__": {"evil": 1}}',
  ) as JsonObject;
  test.each([
    [["a", "b", "c"], null],
    [["a", "b"], { c: null }],
    [["a", "x"], undefined],
    [["a", "b", "c", "d"], undefined],
    [["list", "0"], undefined],
    [["list", "length"], undefined],
    [["text", "length"], undefined],
    [["constructor"], undefined],
    [["a", "toString"], undefined],
    [["evil"], undefined],
    [["__proto__", "evil"], 1],
  ])("%j", (names, value) => expect(readMember(body, names)).toEqual(value));
  test("of no body there is none", () => {
    expect(readMember(null, ["a"])).toBeUndefined();
    expect(readMember(body, [])).toBe(body);
  });
});

test("an object is no list, no null, no text", () => {
  expect([{}, { a: 1 }].map(isObject)).toEqual([true, true]);
  expect([null, undefined, [], "a", 1, true, () => 1].map(isObject)).toEqual(Array(7).fill(false));
});
