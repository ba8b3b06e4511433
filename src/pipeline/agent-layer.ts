import {
  mergeToolPermissions,
  NO_TOOL_PERMISSIONS,
  type AgentProviderName,
  type ToolPermissions,
} from "../policy/index.ts";
import type { AgentDefinition } from "./plan.ts";

/** What one place says about an agent: the built-in, a definition, or the siblings of `agent:` in a script. */
export type AgentLayer = {
  readonly provider: AgentProviderName | null;
  readonly prompt: string | null;
  readonly skill: string | null;
  readonly configPath: string | null;
  readonly overrides: Readonly<Record<string, unknown>>;
  readonly toolPermissions: ToolPermissions;
};

/** The agent that exists without a definition (reference, section 2). */
export const DEFAULT_AGENT: AgentDefinition = {
  name: "default",
  provider: "rovodev",
  prompt: null,
  skill: null,
  configPath: null,
  overrides: {},
  toolPermissions: NO_TOOL_PERMISSIONS,
};

/** The layer above wins field by field. A prompt takes the place of a skill and the other way round. */
export function mergeAgent(below: AgentDefinition, above: AgentLayer): AgentDefinition {
  const steered = above.prompt !== null || above.skill !== null;
  return {
    name: below.name,
    provider: above.provider ?? below.provider,
    prompt: steered ? above.prompt : below.prompt,
    skill: steered ? above.skill : below.skill,
    configPath: above.configPath ?? below.configPath,
    overrides: mergeOverrides(below.overrides, above.overrides, []),
    toolPermissions: mergeToolPermissions(below.toolPermissions, above.toolPermissions),
  };
}

type Overrides = Readonly<Record<string, unknown>>;

/** Maps merge key by key, everything else is replaced; a tool's permission is replaced as a whole. */
function mergeOverrides(below: Overrides, above: Overrides, path: readonly string[]): Overrides {
  const merged = new Map(Object.entries(below));
  for (const [key, value] of Object.entries(above)) {
    const under = merged.get(key);
    const whole = path.join("/") === "toolPermissions/tools";
    merged.set(key, !whole && isMap(under) && isMap(value) ? mergeOverrides(under, value, [...path, key]) : value);
  }
  return Object.fromEntries(merged);
}

function isMap(value: unknown): value is Overrides {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
