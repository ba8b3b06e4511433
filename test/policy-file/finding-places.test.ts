import { describe, expect, test } from "vitest";
import { NO_EXCEPTIONS, parsePolicy, policyJsonSchema } from "../../src/policy/index.ts";
import { policyOf } from "./policies.ts";

const placesOf = (text: string) =>
  parsePolicy(text, "p.yml").findings.map(({ line, column, rule }) => `${line}:${column} ${rule}`);

test("findings of one line are in the order of their columns", () => {
  expect(placesOf("{aaaaaaaaa: 1, max-time: 0, bbbbbbbbb: 1}")).toEqual([
    "1:2 unknown-key",
    "1:16 wrong-value",
    "1:29 unknown-key",
  ]);
});

test("an override that widens is shown at its own entry, whatever the list", () => {
  const widen = (rules: string) => placesOf(`{repositories: {a/b: {${rules}}}}`);
  const file = (rules: string, own: string) => placesOf(`${rules}\nrepositories: {a/b: {${own}}}`);
  for (const [rules, own, column] of [
    ["scopes: []", "scopes: [read:issue:bitbucket]", 31],
    ["boxes: [docker]", "boxes: [docker, podman]", 38],
    ["max-time: 5", "max-time: 6", 22],
    ["", "exceptions: {branches: [a]}", 46],
    ["", "exceptions: {build-status: true}", 35],
  ] as const) {
    expect(file(rules, own)).toEqual([`2:${column} override-widens`]);
  }
  expect(widen("servers: [{name: a}]")).toEqual(["1:33 server-kind"]);
  expect(widen("servers: [{name: a, command: [x]}, {name: b}]")).toEqual(["1:58 server-kind"]);
});

test("a thousand findings are enough", () => {
  const text = `scopes: [${"x, ".repeat(900)}]\nboxes: [${"x, ".repeat(900)}]\n`;
  expect(parsePolicy(text, "p.yml").findings).toHaveLength(1_000);
});

test("exceptions without a line lift nothing", () => {
  expect(policyOf("exceptions: {}").rules.exceptions).toEqual(NO_EXCEPTIONS);
});

describe("the schema for editors says what each key is", () => {
  type Schema = { readonly description?: string; readonly properties?: Readonly<Record<string, Schema>> };
  // Sound: it is a JSON Schema of an object, whose properties are schemas.
  const { properties = {} } = policyJsonSchema() as Schema;
  test.each(Object.entries({ ...properties, ...properties["exceptions"]?.properties }))(
    "%s",
    (_key, { description }) => {
      expect(description).toMatch(/\w+ .*\.$/u);
    },
  );
});
