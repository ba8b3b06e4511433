import {
  AGENT_PROVIDERS,
  type AgentProviderName,
  type Entry,
  nearestName,
  NO_TOOL_PERMISSIONS,
  type Node,
  quoted,
  toPlain,
} from "../policy/index.ts";
import { DEFAULT_AGENT, mergeAgent, type AgentLayer } from "./agent-layer.ts";
import { includedFiles } from "./included-files.ts";
import type { AgentDefinition } from "./plan.ts";
import { readKnownMap, readMap, readText } from "./read-field.ts";
import { readSteeringPath, reportPath } from "./read-path.ts";
import { readServerPermissions, readToolPermissions } from "./read-tool-permissions.ts";
import type { Report } from "./report.ts";

/** Characters, that is Unicode code points, of an inline prompt (reference, section 2). */
const PROMPT_LIMIT = 2_000;

/** The keys that describe an agent, in a definition and beside `agent:` in a script. */
export const AGENT_KEYS = ["prompt", "skill", "provider", "config"] as const;

/** Names become parts of paths (`.sallyport/agents/NAME.yml`) and of the ledger. */
const AGENT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** `definitions.agents`, by name, with the built-in `default`. */
export function readAgents(report: Report, node: Node | undefined): ReadonlyMap<string, AgentDefinition> {
  const agents = new Map([[DEFAULT_AGENT.name, DEFAULT_AGENT]]);
  const defined = node === undefined ? undefined : readMap(report, node, "agents");
  for (const [name, { offset, value }] of defined?.entries ?? []) {
    if (!AGENT_NAME.test(name)) {
      const fix = "use at most 64 letters, digits, dots, dashes and underscores, a letter or digit first";
      report.add("agent-name", offset, `the agent's name is ${quoted(name)}`, fix);
    }
    const entries = readKnownMap(report, value, `the agent ${quoted(name)}`, AGENT_KEYS);
    if (entries !== undefined)
      agents.set(name, mergeAgent({ ...DEFAULT_AGENT, name }, readAgentLayer(report, entries)));
  }
  return agents;
}

/** What one place says about an agent. Unknown keys are the caller's to report. */
export function readAgentLayer(report: Report, entries: ReadonlyMap<string, Entry>): AgentLayer {
  const prompt = entries.get("prompt");
  const skill = entries.get("skill");
  const provider = entries.get("provider");
  const config = entries.get("config");
  if (prompt !== undefined && skill !== undefined) {
    report.add("prompt-and-skill", skill.offset, "the agent has both a prompt and a skill", "keep one of them");
  }
  return {
    provider: provider === undefined ? null : readProvider(report, provider.value),
    prompt: prompt === undefined ? null : readPrompt(report, prompt.value),
    skill: skill === undefined ? null : (readSteeringPath(report, skill.value, "skill") ?? null),
    ...readConfig(report, config?.value),
  };
}

function readProvider(report: Report, node: Node): AgentProviderName | null {
  const text = readText(report, node, "provider");
  const provider = AGENT_PROVIDERS.find((name) => name === text);
  if (text !== undefined && provider === undefined) {
    const near = nearestName(text, AGENT_PROVIDERS);
    const fix = near === undefined ? `use one of ${AGENT_PROVIDERS.join(", ")}` : `did you mean ${near}?`;
    report.add("unknown-provider", node.offset, `there is no provider ${quoted(text)}`, fix);
  }
  return provider ?? null;
}

function readPrompt(report: Report, node: Node): string | null {
  const text = readText(report, node, "prompt");
  const length = text === undefined ? 0 : Array.from(text).length;
  if (length > PROMPT_LIMIT) {
    const fix = "shorten it, or put it in a file and name that with skill";
    report.add("prompt-too-long", node.offset, `the prompt has ${length} characters, over ${PROMPT_LIMIT}`, fix);
  }
  for (const { written, path } of includedFiles(text ?? "")) {
    if (path === null) reportPath(report, node.offset, written, "a file that the prompt includes");
  }
  return text ?? null;
}

function readConfig(
  report: Report,
  node: Node | undefined,
): Pick<AgentLayer, "configPath" | "overrides" | "toolPermissions"> {
  const entries = node === undefined ? undefined : readKnownMap(report, node, "config", ["path", "overrides"]);
  const path = entries?.get("path");
  const overrides = entries?.get("overrides");
  const map = overrides === undefined ? undefined : readMap(report, overrides.value, "overrides");
  const permissions = map?.entries.get("toolPermissions");
  const mcp = map?.entries.get("mcp");
  const servers = mcp === undefined ? undefined : readServerPermissions(report, mcp.value);
  return {
    configPath: path === undefined ? null : (readSteeringPath(report, path.value, "config.path") ?? null),
    // `toPlain` of a map is a plain object with the map's keys.
    overrides: map === undefined ? {} : (toPlain(map) as Readonly<Record<string, unknown>>),
    toolPermissions: {
      ...(permissions === undefined ? NO_TOOL_PERMISSIONS : readToolPermissions(report, permissions.value)),
      ...(servers === undefined ? {} : { servers }),
    },
  };
}
