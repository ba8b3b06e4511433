import { describe, expect, test } from "vitest";
import { toolPermissionsOf } from "../../src/agents/index.ts";
import { authorize, operationById, type Permission } from "../../src/policy/index.ts";
import { ALL_STEP_SCOPES, grantWith } from "../policy/grants.ts";
import { agentWith } from "./read-agent.ts";

const claude = agentWith({ provider: "claude", configPath: "claude.json" });
const B = "mcp__bitbucket";

function permissionsFor(permissions: object): ReturnType<typeof toolPermissionsOf> {
  return toolPermissionsOf(claude, JSON.stringify({ permissions }));
}

describe("what Claude's settings say about the gateway's tools", () => {
  const cases: readonly (readonly [string, object, Permission | null, Readonly<Record<string, Permission>>])[] = [
    ["nothing", {}, null, {}],
    [
      "one of each",
      { allow: [`${B}__a`], ask: [`${B}__b`], deny: [`${B}__c`] },
      null,
      { a: "allow", b: "ask", c: "deny" },
    ],
    [
      "deny beats ask beats allow",
      { allow: [`${B}__a`, `${B}__b`], ask: [`${B}__a`, `${B}__b`], deny: [`${B}__a`] },
      null,
      { a: "deny", b: "ask" },
    ],
    ["the whole server", { deny: [B] }, "deny", {}],
    ["the whole server, with a star", { allow: [`${B}__*`] }, "allow", {}],
    ["a whole server beats a milder line", { deny: [B], allow: [`${B}__a`] }, "deny", { a: "deny" }],
    ["a stricter line beats the whole server", { allow: [B], deny: [`${B}__a`] }, "allow", { a: "deny" }],
    [
      "Claude's own tools are no business of the gateway",
      { allow: ["Bash(git *)", "Read"], deny: ["WebFetch"] },
      null,
      {},
    ],
    [
      "another server's tool is not ours",
      { allow: ["mcp__other__createPullRequest"] },
      null,
      { mcp__other__createPullRequest: "allow" },
    ],
    ["a server whose name begins like ours", { deny: ["mcp__bitbucketx__a"] }, null, { mcp__bitbucketx__a: "deny" }],
  ];

  test.each(cases)("%s", (_title, permissions, fallback, tools) => {
    const rules = Object.fromEntries(Object.entries(tools).map(([name, permission]) => [name, { permission }]));
    expect(permissionsFor(permissions)).toEqual({ default: fallback, tools: rules });
  });

  test("H4: a deny in the file closes a tool that is open by default, and an override adds to it", () => {
    const agent = agentWith({
      provider: "claude",
      configPath: "claude.json",
      overrides: { permissions: { allow: [`${B}__createPullRequest`], deny: [`${B}__createPullRequestTask`] } },
    });
    const tools = toolPermissionsOf(agent, JSON.stringify({ permissions: { deny: [`${B}__createPullRequest`] } }));
    const grant = grantWith({ scopes: ALL_STEP_SCOPES, tools });
    for (const id of ["pullrequests.create", "tasks.create"]) {
      const resource = { repository: "demo/shop", arguments: {} };
      const decision = authorize(grant, operationById(id), resource, { now: 0, calls: 0 });
      expect(decision, id).toMatchObject({ allow: false, gate: "tool" });
    }
  });

  test("a configuration that cannot be read is refused: a deny in it must not be lost", () => {
    for (const config of [null, "", "[", "[]", '{"permissions":[]}', '{"permissions":{"deny":[1]}}']) {
      expect(() => toolPermissionsOf(claude, config), String(config)).toThrow(/^Agent helper cannot run/);
    }
  });
});

test("the script provider reads no configuration file, and says so", () => {
  expect(toolPermissionsOf(agentWith(), null)).toEqual({ default: null, tools: {} });
  expect(() => toolPermissionsOf(agentWith({ configPath: "x.yml" }), "")).toThrow(/put toolPermissions into/);
});
