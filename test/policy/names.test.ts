import { describe, expect, test } from "vitest";
import { isAuthorityFile, OPERATIONS, parseScope, SHIPPED_TOOLS, STEP_SCOPES } from "../../src/policy/index.ts";

describe("files that a step's push may not change (rule 3, attack 41)", () => {
  test.each([
    "bitbucket-pipelines.yml",
    "BITBUCKET-PIPELINES.YML",
    "AGENTS.md",
    "docs/CLAUDE.md",
    ".claude/settings.json",
    "sub/.rovodev/config.yml",
    ".codex/config.toml",
    ".mcp.json",
    ".sallyport/agents/x.yml",
    "skills/a/SKILL.md",
    "AGENT.md",
    ".opencode/agent/x.md",
    "opencode.json",
    ".windsurfrules",
    ".clinerules/x.md",
    ".github/copilot-instructions.md",
  ])("%s", (path) => expect(isAuthorityFile(path)).toBe(true));
  test.each(["README.md", "src/agents.ts", "docs/pipelines.yml", "claude/x.md"])("not %s", (path) =>
    expect(isAuthorityFile(path)).toBe(false),
  );
});

describe("scopes (T5)", () => {
  test.each(STEP_SCOPES)("%s", (scope) => expect(parseScope(scope)).toEqual({ ok: true, scope }));
  test.each([
    "admin:repository:bitbucket",
    "delete:repository:bitbucket",
    "read:project:bitbucket",
    "write:webhook:bitbucket",
    "repository:write",
    "write:pullrequest",
    "",
    "read:repository:bitbucket ",
    "__proto__",
  ])("refused: %s", (text) =>
    expect(parseScope(text)).toMatchObject({ ok: false, reason: expect.stringMatching(/\S/u) }),
  );
});

test("ids and tools of the table are unique enough to be names", () => {
  const ids = OPERATIONS.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(SHIPPED_TOOLS.length).toBe(19);
});

/** What reads by POST, with its reason in the row. */
const READS_BY_POST = ["commits.search", "commits.searchAt"];

test("a row that writes needs a write scope, by its method (rule 1)", () => {
  for (const { id, rest, scopes, writes } of OPERATIONS) {
    if (rest === null) continue;
    expect([id, writes]).toEqual([id, rest.method !== "GET" && !READS_BY_POST.includes(id)]);
    expect([id, scopes.some((scope) => scope.startsWith("write:"))]).toEqual([id, writes]);
  }
});
