import { describe, expect, test } from "vitest";
import { createAgentProviders } from "../../src/agents/index.ts";
import type { BashPermissions, ToolPermissions } from "../../src/policy/index.ts";
import { agentWith, inputWith } from "./read-agent.ts";

const provider = createAgentProviders("").script;

async function prepare(play: string, toolPermissions: Partial<ToolPermissions>): Promise<unknown> {
  const agent = agentWith({ toolPermissions: { default: null, tools: {}, ...toolPermissions } });
  return await provider.prepare(inputWith(agent, { ".sallyport/agents/helper.yml": play }));
}

const GIT_ONLY: BashPermissions = { default: null, commands: [{ command: "git.*", permission: "allow" }], env: [] };

describe("a play under bash rules", () => {
  test.each([
    ["an entry that a line allows", "steps: [{shell: git log}]"],
    ["a read", "steps: [{shell: ls -la}]"],
    ["no shell at all", "steps: [{say: rm x}]"],
    ["a saved text as an argument", 'steps: [{shell: "git log ${saved.branch}"}]'],
  ])("starts with %s", async (_title, play) => {
    await expect(prepare(play, { bash: GIT_ONLY })).resolves.toMatchObject({ argv: expect.any(Array) as unknown });
  });

  test.each([
    ["what no line allows", "steps: [{shell: make}]", "bash.default"],
    ["what is denied always", "steps: [{shell: git log && rm x}]", "rm is always denied"],
    [
      "one deep inside",
      "steps: [{when: {saved: a, contains: b}, steps: [{when: {saved: a, contains: c}, steps: [{shell: rm x}]}]}]",
      "rm is always denied",
    ],
    ["a saved text as a command", 'steps: [{shell: "${saved.command} x"}]', "the command's name is an expansion"],
    ["what cannot be parsed", 'steps: [{shell: "git \'log"}]', "the command cannot be parsed"],
  ])("attack 9: does not start with %s", async (_title, play, why) => {
    await expect(prepare(play, { bash: GIT_ONLY })).rejects.toMatchObject({
      code: "refused",
      message: expect.stringContaining(`: ${why}; allow it under toolPermissions.bash`) as unknown,
    });
  });

  test("a denial of the tool bash closes the shell", async () => {
    await expect(prepare("steps: [{shell: make}]", { tools: { bash: { permission: "deny" } } })).rejects.toThrow(
      /may not run "make"/,
    );
  });

  test("without rules nothing is judged: the box is the boundary", async () => {
    await expect(prepare("steps: [{shell: rm x}]", {})).resolves.toBeDefined();
  });
});
