import { describe, expect, test } from "vitest";
import { operationById, parseScope, STEP_SCOPES } from "../../src/policy/index.ts";
import { isShippedTool, SHIPPED_TOOLS } from "../../src/policy/operations.ts";

describe("a scope that is not given to a step is told from one that does not exist (T5)", () => {
  test.each([
    "admin:repository:bitbucket",
    "delete:repository:bitbucket",
    "read:permission:bitbucket",
    "write:ssh-key:bitbucket",
    "read:gpg-key:bitbucket",
    "write:webhook:bitbucket",
    "read:runner:bitbucket",
    "read:workspace:bitbucket",
    "read:project:bitbucket",
    "read:user:bitbucket",
    "read:snippet:bitbucket",
    "write:wiki:bitbucket",
    "write:package:bitbucket",
  ])("exists: %s", (text) => {
    const parsed = parseScope(text);
    expect(parsed).toMatchObject({ ok: false, reason: expect.stringMatching(/not given to a step, because .{20}/u) });
  });

  test.each([
    "xadmin:repository:bitbucket",
    "admins:repository:bitbucket",
    "admin:repository",
    "admin:repository:bitbucket:more",
    "read:users:bitbucket",
    "read:superuser:bitbucket",
    "xread:wiki:bitbucket",
    "read:wiki",
    "read:wikis:bitbucket",
    "READ:repository:bitbucket",
    "read:repository:jira",
    "",
  ])("does not: %j", (text) => {
    expect(parseScope(text)).toEqual({
      ok: false,
      reason: `it is not a scope; a step may ask for ${STEP_SCOPES.join(", ")}`,
    });
  });
});

test("a tool is shipped by its exact name", () => {
  expect(SHIPPED_TOOLS.filter((tool) => !isShippedTool(tool))).toEqual([]);
  for (const tool of ["", "getcommits", "getCommits ", "__proto__"]) expect(isShippedTool(tool)).toBe(false);
});

test("an operation that is not there is a caller's bug, also by the name of an object's member", () => {
  for (const id of ["", "no.such", "__proto__", "constructor"]) {
    expect(() => operationById(id)).toThrow(new TypeError(`there is no operation ${id}`));
  }
});
