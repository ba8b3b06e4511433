import { describe, expect, test } from "vitest";
import {
  applyCeilings,
  capMinutes,
  ceilingsFor,
  IMPLICIT_SCOPE,
  liftsEdge,
  trustedBranches,
  type GrantRequest,
} from "../../src/policy/index.ts";
import { grantWith } from "../policy/grants.ts";
import { ceilingsOf, policyOf } from "./policies.ts";

test("rule 2: the least of the minutes holds", () => {
  expect(capMinutes(60, [])).toBe(60);
  expect(capMinutes(60, ceilingsOf("", "max-time: 90"))).toBe(60);
  expect(capMinutes(60, ceilingsOf("max-time: 30", "max-time: 20", "", "max-time: 45"))).toBe(20);
});

test("rule 10: an edge is lifted when every policy names that very edge", () => {
  const edges = (...pairs: readonly string[]) =>
    `exceptions: {edges: [${pairs.map((pair) => `{from: ${pair[0]}, to: ${pair[1]}}`).join(", ")}]}`;
  expect(liftsEdge([], "a", "b")).toBe(false);
  expect(liftsEdge(ceilingsOf(edges("xy", "ab")), "a", "b")).toBe(true);
  expect(liftsEdge(ceilingsOf(edges("ab"), edges("ab", "cd")), "a", "b")).toBe(true);
  for (const texts of [[""], [edges("ab"), ""], [edges("ab"), edges("cd")], [edges("ba")], [edges("ac", "cb")]]) {
    expect(liftsEdge(ceilingsOf(...texts), "a", "b")).toBe(false);
  }
});

test("a ceiling is named by its policy, and an override by its glob too", () => {
  const policies = [
    policyOf("repositories: {demo/*: {max-time: 1}, other/*: {max-time: 2}}", "/a.yml"),
    policyOf("", "/b.yml"),
  ];
  expect(ceilingsFor(policies, "demo/shop").map(({ policy }) => policy)).toEqual([
    "/a.yml",
    "/a.yml (demo/*)",
    "/b.yml",
  ]);
  expect(ceilingsFor([], "demo/shop")).toEqual([]);
});

test("a trusted branch is one that every policy which names some names", () => {
  const lists = ["trusted-branches: [a, b]", "trusted-branches: [a]", "", "trusted-branches: [b, a]"];
  expect(trustedBranches(ceilingsOf(...lists))).toEqual(["a"]);
});

const ASKED: GrantRequest = {
  ...grantWith({ scopes: [IMPLICIT_SCOPE, "write:issue:bitbucket"], models: ["openai"], egress: ["a.example:443"] }),
  agent: null,
  agentStep: false,
  expiresAt: 100_000 + 30 * 60_000,
  startsAt: 100_000,
};

describe("what becomes of a request", () => {
  const { startsAt: _startsAt, ...grant } = ASKED;

  test("without a ceiling, or under one that says nothing, it stays as it is", () => {
    expect(applyCeilings(ASKED, [])).toStrictEqual(grant);
    expect(applyCeilings(ASKED, ceilingsOf("", ""))).toStrictEqual(grant);
  });

  test("minutes count from the start; those that are just enough cut nothing", () => {
    expect(applyCeilings(ASKED, ceilingsOf("max-time: 30"))).toStrictEqual(grant);
    expect(applyCeilings(ASKED, ceilingsOf("max-time: 29")).expiresAt).toBe(100_000 + 29 * 60_000);
  });

  test("what a policy lists, it leaves; the implicit read without a line", () => {
    const text = "scopes: [write:issue:bitbucket]\nmodels: [openai]\negress: ['*.example']\n";
    expect(applyCeilings(ASKED, ceilingsOf(text))).toStrictEqual(grant);
    expect(applyCeilings(ASKED, ceilingsOf("scopes: []")).scopes).toEqual([IMPLICIT_SCOPE]);
  });

  test("agent-branches gather, one list a policy, after those that were asked for", () => {
    expect(applyCeilings(ASKED, ceilingsOf("agent-branches: [a]", "", "agent-branches: [b, c]")).agentBranches).toEqual(
      [["a"], ["b", "c"]],
    );
    const asked = { ...ASKED, agentBranches: [["x"]] };
    expect(applyCeilings(asked, ceilingsOf("agent-branches: []")).agentBranches).toEqual([["x"], []]);
  });

  test("cuts that the request claims are not repeated", () => {
    const forged = { ...ASKED, cuts: [{ policy: "p", what: "w" }] };
    expect(applyCeilings(forged, [])).toStrictEqual(grant);
  });
});

describe("what is lifted is in every policy", () => {
  const NOTHING = { authorityFiles: [], operations: [], branches: [], buildStatus: false };
  const rows: readonly (readonly [texts: readonly string[], lifted: object | undefined])[] = [
    [["exceptions: {}"], undefined],
    [["exceptions: {build-status: true}"], { ...NOTHING, buildStatus: true }],
    [["exceptions: {build-status: true}", ""], undefined],
    [["exceptions: {build-status: true}", "exceptions: {build-status: true}"], { ...NOTHING, buildStatus: true }],
    [["exceptions: {branches: [a]}"], { ...NOTHING, branches: [["a"]] }],
    [["exceptions: {branches: [a]}", "exceptions: {branches: [b]}"], { ...NOTHING, branches: [["a"], ["b"]] }],
    [["exceptions: {branches: [a]}", "exceptions: {branches: []}"], undefined],
    [["exceptions: {authority-files: [A.md]}"], { ...NOTHING, authorityFiles: [["a.md"]] }],
    [["exceptions: {authority-files: [A.md]}", ""], undefined],
    [
      ["exceptions: {operations: [tasks.delete], branches: [a]}"],
      { ...NOTHING, operations: ["tasks.delete"], branches: [["a"]] },
    ],
    [
      ["exceptions: {operations: [comments.delete, tasks.delete]}", "exceptions: {operations: [tasks.delete]}"],
      { ...NOTHING, operations: ["tasks.delete"] },
    ],
    [["exceptions: {operations: [comments.delete]}", "exceptions: {operations: [tasks.delete]}"], undefined],
  ];
  test.each(rows)("%j", (texts, lifted) => {
    expect(applyCeilings(ASKED, ceilingsOf(...texts)).lifted).toEqual(lifted);
  });

  const ALL =
    "exceptions: {build-status: true, branches: [a], authority-files: [b], operations: [tasks.delete]}\nmax-time: 720";
  test.each([
    [{ agentStep: true }, { ...NOTHING, authorityFiles: [["b"]], operations: ["tasks.delete"] }],
    [{ tainted: true as const }, { ...NOTHING, authorityFiles: [["b"]], operations: ["tasks.delete"] }],
    [{ reviewed: false }, undefined],
    [{}, { authorityFiles: [["b"]], operations: ["tasks.delete"], branches: [["a"]], buildStatus: true }],
  ])("for a step that is %j", (who, lifted) => {
    expect(applyCeilings({ ...ASKED, ...who }, ceilingsOf(ALL)).lifted).toEqual(lifted);
  });
});
