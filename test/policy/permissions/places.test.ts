import { describe, expect, test } from "vitest";
import { bashRulesOf, resolvePermission, resolveServer, type ToolPermissions } from "../../../src/policy/index.ts";

const allow = { permission: "allow" } as const;
const ask = { permission: "ask" } as const;
const deny = { permission: "deny" } as const;

describe("rule 11: where that which decided is written", () => {
  const disabled = { allowed: null, disabled: ["docs"] };
  type Row = readonly [
    Partial<ToolPermissions>,
    tool: string,
    server: string | null,
    said: string,
    line: string | null,
  ];
  const CASES: readonly Row[] = [
    [{}, "getPullRequests", null, "allow shipped", null],
    [{}, "new", null, "deny unlisted", null],
    [{}, "find", "docs", "deny unlisted", null],
    [{ default: "ask" }, "getPullRequests", null, "ask default", "toolPermissions.default"],
    [{ default: "ask", defaultLine: "mode" }, "getPullRequests", null, "ask default", "mode"],
    [
      { tools: { getPullRequests: deny } },
      "getPullRequests",
      null,
      "deny denied",
      "toolPermissions.tools.getPullRequests",
    ],
    [{ tools: { getPullRequests: { ...ask, line: "here" } } }, "getPullRequests", null, "ask line", "here"],
    [{ tools: { find: allow } }, "find", "docs", "allow line", "toolPermissions.tools.find"],
    [{ tools: { mcp__docs__find: allow } }, "find", "docs", "allow line", "toolPermissions.tools.mcp__docs__find"],
    [
      { tools: { find: allow, mcp__docs__find: ask } },
      "find",
      "docs",
      "ask line",
      "toolPermissions.tools.mcp__docs__find",
    ],
    [{ tools: { find: ask, mcp__docs__find: allow } }, "find", "docs", "ask line", "toolPermissions.tools.find"],
    [{ tools: { find: deny, mcp__docs__find: allow } }, "find", "docs", "deny denied", "toolPermissions.tools.find"],
    [
      { tools: { find: allow, "mcp__docs__*": deny } },
      "find",
      "docs",
      "deny server",
      "toolPermissions.tools.mcp__docs__*",
    ],
    [{ tools: { find: allow, "mcp__docs__*": { ...ask, line: "all" } } }, "find", "docs", "ask server", "all"],
    [{ tools: { find: allow }, servers: disabled }, "find", "docs", "deny server", "mcp.disabledMcpServers"],
    [{ tools: { find: allow }, servers: disabled }, "find", "other", "allow line", "toolPermissions.tools.find"],
    // The built-in server has no line of its own, and no name.
    [{ tools: { "mcp__null__*": deny } }, "getPullRequests", null, "allow shipped", null],
    [{ tools: { mcp__null__getPullRequests: deny } }, "getPullRequests", null, "allow shipped", null],
    [{ tools: { "mcp__docs__*": ask } }, "find", "docs", "deny unlisted", null],
    // Attack 17: a line about a tool of ours never speaks for a tool of the same name elsewhere.
    [{ tools: { getPullRequests: allow } }, "getPullRequests", "docs", "deny unlisted", null],
    [
      { tools: { getPullRequests: deny, mcp__docs__getPullRequests: allow } },
      "getPullRequests",
      "docs",
      "allow line",
      "toolPermissions.tools.mcp__docs__getPullRequests",
    ],
  ];
  test.each(CASES)("%j: %s of %s is %s", (said, tool, server, expected, line) => {
    const [permission, decidedBy] = expected.split(" ");
    const permissions = { default: null, tools: {}, ...said };
    expect(resolvePermission(permissions, tool, server)).toStrictEqual({ permission, decidedBy, line });
  });

  test.each([
    ["docs", "allow", "line", "mcp.allowedMcpServers"],
    ["both", "deny", "denied", "mcp.disabledMcpServers"],
    ["off", "deny", "denied", "mcp.disabledMcpServers"],
    ["unknown", "deny", "unlisted", null],
  ])("M10: the server %s: %s by %s", (server, permission, decidedBy, line) => {
    const servers = { allowed: ["docs", "both"], disabled: ["both", "off"] };
    expect(resolveServer({ default: "allow", tools: {}, servers }, server)).toStrictEqual({
      permission,
      decidedBy,
      line,
    });
  });

  test("M10: a server is closed where none is named", () => {
    for (const servers of [undefined, { allowed: null, disabled: [] }]) {
      const permissions = { default: "allow", tools: {}, ...(servers === undefined ? {} : { servers }) } as const;
      expect(resolveServer(permissions, "docs")).toMatchObject({ permission: "deny", decidedBy: "unlisted" });
    }
  });
});

test("the shell is closed by a denial of the tool bash, and by nothing else", () => {
  const bash = { default: "allow", commands: null, env: ["A"] } as const;
  const closed = { default: "deny", commands: [], env: [] };
  expect(bashRulesOf({ bash, tools: { bash: deny } })).toStrictEqual(closed);
  expect(bashRulesOf({ tools: { bash: deny } })).toStrictEqual(closed);
  expect(bashRulesOf({ bash, tools: { bash: ask } })).toBe(bash);
  expect(bashRulesOf({ bash, tools: { find: deny } })).toBe(bash);
  expect(bashRulesOf({ tools: {} })).toBeNull();
  // Only an own member is a line.
  expect(bashRulesOf({ bash, tools: Object.setPrototypeOf({}, { bash: deny }) as Record<string, never> })).toBe(bash);
});
