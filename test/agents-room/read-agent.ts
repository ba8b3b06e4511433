import type { AgentInput } from "../../src/agents/index.ts";
import type { AgentDefinition } from "../../src/pipeline/index.ts";

/** An agent as the pipeline file would define it, with what a test wants changed. */
export function agentWith(changes: Partial<AgentDefinition> = {}): AgentDefinition {
  return {
    name: "helper",
    provider: "script",
    prompt: "Do it.",
    skill: null,
    configPath: null,
    overrides: {},
    toolPermissions: { default: null, tools: {} },
    ...changes,
  };
}

/** What a provider is asked, with files of the reviewed commit by path. */
export function inputWith(
  agent: AgentDefinition,
  files: Readonly<Record<string, string>> = {},
  changes: Partial<AgentInput> = {},
): AgentInput {
  return {
    agent,
    prompt: agent.prompt,
    readFile: (path) => Promise.resolve(files[path] ?? null),
    workspace: "/workspace",
    door: "http://127.0.0.1:29418",
    ...changes,
  };
}
