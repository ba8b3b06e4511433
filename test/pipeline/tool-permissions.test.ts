import { expect, test } from "vitest";
import { parsePipelineFile, parseRovoConfig } from "../../src/pipeline/index.ts";

function agentsOf(overrides: string): ReturnType<typeof parsePipelineFile> {
  const lines = overrides
    .trim()
    .split("\n")
    .map((line) => `          ${line}`)
    .join("\n");
  const text = `definitions:\n  agents:\n    a:\n      prompt: x\n      config:\n        overrides:\n${lines}\npipelines:\n  default:\n    - step: {script: [{agent: a, config: {overrides: {toolPermissions: {bash: {default: allow}}, mcp: {disabledMcpServers: [b]}}}}]}\n`;
  return parsePipelineFile(text, "bitbucket-pipelines.yml");
}

const OVERRIDES = `
toolPermissions:
  bash:
    default: deny
    commands: [{command: "git.*", permission: allow}, {command: npm test, permission: ask}]
    env: {TOKEN: secret, OTHER: "\${X}"}
  allowedExternalPaths: [/opt/a]
mcp: {mcpConfigPath: servers.json, allowedMcpServers: [a, b]}
`;

test("bash rules, paths and servers are read, and a step's item lies over its definition", () => {
  const { pipelines, findings } = agentsOf(OVERRIDES);
  expect(findings).toEqual([]);
  const [item] = pipelines?.pipelines[0]?.steps[0]?.script ?? [];
  expect(item?.kind === "agent" ? item.agent.toolPermissions : null).toEqual({
    default: null,
    tools: {},
    bash: {
      default: "allow",
      commands: [
        { command: "git.*", permission: "allow" },
        { command: "npm test", permission: "ask" },
      ],
      // Values may be secret, and stay with the provider.
      env: ["TOKEN", "OTHER"],
    },
    allowedExternalPaths: ["/opt/a"],
    servers: { allowed: ["a", "b"], disabled: ["b"] },
  });
});

test.each([
  ["toolPermissions: {bash: {defualt: deny}}", "did you mean default?"],
  ["toolPermissions: {bash: [git]}", "bash is a list"],
  ["toolPermissions: {bash: {default: maybe}}", 'the permission of "bash.default" is "maybe"'],
  ["toolPermissions: {bash: {commands: git}}", "bash.commands is a text"],
  ["toolPermissions: {bash: {commands: [git]}}", "an entry of bash.commands is a text"],
  ["toolPermissions: {bash: {commands: [{command: git}]}}", "an entry of bash.commands has no permission"],
  ["toolPermissions: {bash: {commands: [{permission: deny}]}}", "an entry of bash.commands has no command"],
  ["toolPermissions: {bash: {env: [A]}}", "bash.env is a list"],
  ["toolPermissions: {allowedExternalPaths: /opt}", "allowedExternalPaths is a text"],
  ["mcp: {allowedMcpServers: docs}", "allowedMcpServers is a text"],
  ["mcp: []", "mcp is a list"],
])("%s is an error of the file", (overrides, said) => {
  const { pipelines, findings } = agentsOf(overrides);
  expect(pipelines).toBeNull();
  expect(findings.map(({ message, fix }) => `${message}; ${fix}`).join("\n")).toContain(said);
  const rovo = parseRovoConfig(overrides, "config.yml");
  expect(rovo.permissions).toBeNull();
  expect(rovo.findings.map(({ message, fix }) => `${message}; ${fix}`).join("\n")).toContain(said);
});

test("a Rovo configuration that says nothing about permissions says nothing", () => {
  for (const text of ["", "# nothing\n", "agent: {modelId: auto, temperature: 0.3}\nmcp: {mcpConfigPath: x}\n"]) {
    expect(parseRovoConfig(text, "config.yml")).toEqual({ permissions: { default: null, tools: {} }, findings: [] });
  }
});
