import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toolPermissionsOf } from "../../src/agents/index.ts";
import type { AgentDefinition } from "../../src/pipeline/index.ts";
import {
  authorize,
  operationById,
  resolvePermission,
  SYSTEM_DENIED,
  type Permission,
  type ToolPermissions,
} from "../../src/policy/index.ts";
import { ALL_STEP_SCOPES, grantWith } from "../policy/grants.ts";
import { agentWith } from "./read-agent.ts";

const B = "mcp__bitbucket";

type Provider = AgentDefinition["provider"];

function agentOf(provider: Provider, changes: Partial<AgentDefinition> = {}): AgentDefinition {
  return agentWith({ provider, configPath: "config", ...changes });
}

async function permissionsFor(permissions: object): Promise<ToolPermissions> {
  return await toolPermissionsOf(agentOf("claude"), JSON.stringify({ permissions }));
}

/** What is said of tools, without the system's own denials and the places of the lines. */
function said({ tools }: ToolPermissions): Readonly<Record<string, Permission>> {
  const entries = Object.entries(tools).filter(([name]) => !SYSTEM_DENIED.includes(name));
  return Object.fromEntries(entries.map(([name, { permission }]) => [name, permission]));
}

describe("one thing said in three languages is one thing", () => {
  const rovo = `
toolPermissions:
  default: deny
  tools: {createPullRequest: deny, getPullRequests: allow, getPullRequestDiff: ask, mcp__docs__find: allow}
  bash: {default: ask}
  allowedExternalPaths: [/opt/data]
mcp: {allowedMcpServers: [docs], disabledMcpServers: [other]}
`;
  const claude = JSON.stringify({
    permissions: {
      defaultMode: "dontAsk",
      allow: [`${B}__getPullRequests`, "mcp__docs__find"],
      ask: [`${B}__getPullRequestDiff`, "Bash"],
      deny: [`${B}__createPullRequest`],
      additionalDirectories: ["/opt/data"],
    },
    enabledMcpjsonServers: ["docs"],
    disabledMcpjsonServers: ["other"],
  });
  const codex = `
approval_policy = "untrusted"
sandbox_mode = "workspace-write"
[sandbox_workspace_write]
writable_roots = ["/opt/data"]
[mcp_servers.bitbucket]
enabled_tools = ["getPullRequests", "getPullRequestDiff", "createPullRequest"]
disabled_tools = ["createPullRequest"]
[mcp_servers.bitbucket.tools.getPullRequestDiff]
approval_mode = "prompt"
[mcp_servers.docs]
enabled_tools = ["find"]
[mcp_servers.other]
enabled = false
`;
  const TEXTS: readonly (readonly [Provider, string])[] = [
    ["rovodev", rovo],
    ["claude", claude],
    ["codex", codex],
  ];

  test.each(TEXTS)("H4: %s", async (provider, config) => {
    const permissions = await toolPermissionsOf(agentOf(provider), config);
    expect(permissions).toMatchObject({
      default: "deny",
      bash: { default: "ask" },
      allowedExternalPaths: ["/opt/data"],
      servers: { allowed: ["docs"], disabled: ["other"] },
    });
    const ORACLE: readonly (readonly [string, string | null, Permission])[] = [
      ["createPullRequest", null, "deny"],
      ["getPullRequests", null, "allow"],
      ["getPullRequestDiff", null, "ask"],
      ["getPullRequestTasks", null, "deny"],
      ["find", "docs", "allow"],
      ["search", "docs", "deny"],
      ["getPullRequests", "docs", "deny"],
      ["find", "other", "deny"],
      ["find", null, "deny"],
    ];
    for (const [tool, server, permission] of ORACLE) {
      expect(resolvePermission(permissions, tool, server).permission, `${tool} of ${server ?? "us"}`).toBe(permission);
    }
  });
});

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
      { allow: ["Read", "Bash(git *)"], deny: ["WebFetch"] },
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
    ["another whole server", { deny: ["mcp__other"] }, null, { "mcp__other__*": "deny" }],
    ["a mode that asks", { defaultMode: "acceptEdits", allow: [`${B}__a`] }, "ask", { a: "allow" }],
    ["a mode that closes", { defaultMode: "plan" }, "deny", {}],
    ["a mode that leaves it to the gates", { defaultMode: "bypassPermissions" }, null, {}],
  ];

  test.each(cases)("%s", async (_title, permissions, fallback, tools) => {
    const read = await permissionsFor(permissions);
    expect([read.default, said(read)]).toEqual([fallback, tools]);
  });

  test("Bash", async () => {
    const { bash } = await permissionsFor({
      allow: ["Bash(git status)", "Bash(npm run:*)", "Bash(make *)", "Bash(git * main)"],
      ask: ["Bash(docker:*)"],
      deny: ["Bash(curl * evil)", "Bash(git push *)"],
    });
    expect(bash?.default).toBeNull();
    expect(bash?.commands?.map(({ command, permission }) => [command, permission])).toEqual([
      ["git status", "allow"],
      ["npm run.*", "allow"],
      ["make.*", "allow"],
      ["docker.*", "ask"],
      ["curl.*", "deny"],
      ["git push.*", "deny"],
    ]);
    for (const whole of ["Bash", "Bash(*)", "Bash(* rm)"]) {
      const closed = await permissionsFor({ allow: ["Bash(git:*)"], deny: [whole] });
      expect(closed.bash).toMatchObject({ default: "deny", commands: [{ command: "git.*", permission: "deny" }] });
    }
  });

  test("a rule that cannot be kept is refused", async () => {
    for (const rule of [
      `${B}__get*`,
      "mcp__*",
      `${B}__a(x)`,
      "mcp__",
      "MCP__bitbucket__a",
      "mcp__*__createPullRequest",
    ]) {
      for (const list of ["allow", "ask", "deny"]) {
        await expect(permissionsFor({ [list]: [rule] }), rule).rejects.toThrow(
          /cannot be kept; write mcp__SERVER__TOOL/,
        );
      }
    }
  });

  test("H4: a deny in the file closes a tool that is open by default, and an override adds to it", async () => {
    const agent = agentOf("claude", {
      overrides: { permissions: { allow: [`${B}__createPullRequest`], deny: [`${B}__createPullRequestTask`] } },
      toolPermissions: { default: "allow", tools: { createPullRequest: { permission: "allow" } } },
    });
    const config = JSON.stringify({ permissions: { deny: [`${B}__createPullRequest`] } });
    const grant = grantWith({ scopes: ALL_STEP_SCOPES, tools: await toolPermissionsOf(agent, config) });
    for (const [id, line] of [
      ["pullrequests.create", `permissions.deny: ${B}__createPullRequest`],
      ["tasks.create", `permissions.deny: ${B}__createPullRequestTask`],
    ] as const) {
      const resource = { repository: "demo/shop", arguments: {} };
      const decision = authorize(grant, operationById(id), resource, { now: 0, calls: 0 });
      expect(decision, id).toMatchObject({
        allow: false,
        gate: "tool",
        reason: `${operationById(id).tool ?? ""} is denied to this agent by ${line}`,
      });
    }
  });
});

describe("what Codex's configuration says about the gateway's tools", () => {
  const cases: readonly (readonly [string, string, Permission | null, Readonly<Record<string, Permission>>])[] = [
    ["nothing", "", null, {}],
    ["some tools are off", 'disabled_tools = ["a", "b"]', null, { a: "deny", b: "deny" }],
    ["some tools are on", 'enabled_tools = ["a"]', "deny", { a: "allow" }],
    ["on and off", 'enabled_tools = ["a", "b"]\ndisabled_tools = ["b"]', "deny", { a: "allow", b: "deny" }],
    ["no tool is on", "enabled_tools = []", "deny", {}],
    ["the server is off", 'enabled = false\nenabled_tools = ["a"]', "deny", { a: "deny" }],
    ["all ask", 'default_tools_approval_mode = "prompt"', "ask", {}],
    ["one asks", '[mcp_servers.bitbucket.tools.a]\napproval_mode = "prompt"', null, { a: "ask" }],
    [
      "all ask but one",
      'default_tools_approval_mode = "prompt"\n[mcp_servers.bitbucket.tools.a]\napproval_mode = "approve"',
      "ask",
      { a: "allow" },
    ],
    [
      "one is approved and not on",
      'enabled_tools = []\n[mcp_servers.bitbucket.tools.a]\napproval_mode = "approve"',
      "deny",
      { a: "deny" },
    ],
  ];

  test.each(cases)("%s", async (_title, lines, fallback, tools) => {
    const read = await toolPermissionsOf(agentOf("codex"), `[mcp_servers.bitbucket]\n${lines}\n`);
    expect([read.default, said(read)]).toEqual([fallback, tools]);
  });

  test("overrides lie over the file, table by table", async () => {
    const agent = agentOf("codex", { overrides: { mcp_servers: { bitbucket: { disabled_tools: ["b"] } } } });
    const read = await toolPermissionsOf(agent, '[mcp_servers.bitbucket]\nenabled_tools = ["a", "b"]\n');
    expect([read.default, said(read)]).toEqual(["deny", { a: "allow", b: "deny" }]);
  });
});

describe("Rovo's layers, the last of which wins", () => {
  const config = `
toolPermissions:
  default: deny
  tools: {createPullRequest: deny, getPullRequests: {permission: allow, max-calls: 2}}
  bash: {default: deny, commands: [{command: "git.*", permission: allow}], env: {TOKEN: "\${OTHER}"}}
`;
  test("what is said above counts, the rest stays", async () => {
    const agent = agentOf("rovodev", {
      toolPermissions: {
        default: "ask",
        tools: { createPullRequest: { permission: "allow" } },
        bash: { default: "ask", commands: null, env: [] },
      },
    });
    const read = await toolPermissionsOf(agent, config);
    expect(read.default).toBe("ask");
    expect(said(read)).toEqual({ createPullRequest: "allow", getPullRequests: "allow" });
    expect(read.tools["getPullRequests"]?.maxCalls).toBe(2);
    expect(read.bash).toEqual({
      default: "ask",
      commands: [{ command: "git.*", permission: "allow" }],
      env: ["TOKEN"],
    });
  });
});

describe("a layer that cannot be read refuses the step: a deny in it must not be lost", () => {
  const CASES: readonly (readonly [Provider, readonly string[]])[] = [
    [
      "claude",
      ["", "[", "[]", '{"permissions":[]}', '{"permissions":{"deny":[1]}}', '{"permissions":{"defaultMode":"x"}}'],
    ],
    [
      "codex",
      [
        "[",
        "mcp_servers = 1",
        '[mcp_servers.bitbucket]\ndisabled_tools = "a"',
        "a = 1\na = 2",
        'approval_policy = "x"',
      ],
    ],
    [
      "rovodev",
      [
        "[",
        "- a",
        "toolPermissions: []",
        "toolPermissions: {tols: {}}",
        "toolPermissions: {default: maybe}",
        "toolPermissions: {bash: {commands: [{command: x}]}}",
        "a: 1\na: 2",
        "mcp: {disabledMcpServers: docs}",
      ],
    ],
  ];
  test.each(CASES)("%s", async (provider, texts) => {
    await expect(toolPermissionsOf(agentOf(provider), null)).rejects.toThrow(/is not in the reviewed commit/);
    for (const text of texts) {
      await expect(toolPermissionsOf(agentOf(provider), text), text).rejects.toMatchObject({
        code: "refused",
        message: expect.stringMatching(/^Agent helper cannot run: /) as unknown,
      });
    }
  });

  test("the script provider reads no configuration file, and says so", async () => {
    expect(said(await toolPermissionsOf(agentWith(), null))).toEqual({});
    await expect(toolPermissionsOf(agentOf("script"), "")).rejects.toThrow(/put toolPermissions into/);
  });
});

describe("any text as configuration", () => {
  const pieces = [
    "toolPermissions:",
    "tools:",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\n",
    "  ",
    '"',
    "allow",
    "deny",
    "mergePullRequest",
    "permissions",
    "mcp__bitbucket__mergePullRequest",
    "mcp_servers",
    "bitbucket",
    "enabled_tools",
    "=",
    "__proto__",
    "- ",
  ];
  const anyText = fc.oneof(
    fc.string({ unit: "binary", maxLength: 100 }),
    fc.array(fc.constantFrom(...pieces), { maxLength: 20 }).map((parts) => parts.join("")),
    fc.json(),
  );

  test("is read or refused, and never opens what the system denies (attack 31)", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom<Provider>("rovodev", "claude", "codex"), anyText, async (provider, text) => {
        const read = await toolPermissionsOf(agentOf(provider), text).catch((error: unknown) => error);
        if (read instanceof Error) {
          expect(read).toMatchObject({ code: "refused" });
          return;
        }
        // Sound: what is no error is what the function returns.
        const permissions = read as ToolPermissions;
        for (const tool of SYSTEM_DENIED) {
          expect(resolvePermission(permissions, tool, "any").permission).toBe("deny");
          expect(resolvePermission(permissions, tool).permission).toBe("deny");
        }
      }),
      { numRuns: 1_500 },
    );
  });
});
