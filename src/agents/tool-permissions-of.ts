import { SallyportError } from "../base/index.ts";
import type { AgentDefinition } from "../pipeline/index.ts";
import { NO_TOOL_PERMISSIONS, type Permission, type ToolPermissions, type ToolRule } from "../policy/index.ts";
import { readClaudeSettings, type ClaudeSettings } from "./claude-settings.ts";

/**
 * What a provider's own configuration says about the gateway's tools, in our words. `config` is the text of the agent's
 * `config.path` in the reviewed commit. Pure. What the pipeline file says is in `agent.toolPermissions`; the stricter
 * of the two holds. `refused` when the configuration cannot be read: a `deny` in it must not be lost.
 */
export function toolPermissionsOf(agent: AgentDefinition, config: string | null): ToolPermissions {
  if (agent.provider === "claude") return fromClaude(readClaudeSettings(agent, config));
  if (agent.provider === "script" && agent.configPath !== null) {
    throw new SallyportError(
      "refused",
      `Agent ${agent.name} has the config.path ${agent.configPath}, which the script provider does not read; put toolPermissions into config.overrides.`,
    );
  }
  return NO_TOOL_PERMISSIONS;
}

/** The name of our server in Claude's tool names (reference, section 3). */
const SERVER = "mcp__bitbucket";

/** From the weakest to the strictest: deny beats ask beats allow, as in Claude itself. */
const STRICTNESS: readonly Permission[] = ["allow", "ask", "deny"];

function fromClaude({ permissions }: ClaudeSettings): ToolPermissions {
  const tools = new Map<string, ToolRule>();
  let whole: Permission | null = null;
  for (const permission of STRICTNESS) {
    for (const entry of permissions[permission]) {
      const tool = gatewayTool(entry);
      if (tool === "*") whole = permission;
      else if (tool !== null) tools.set(tool, { permission });
    }
  }
  // In Claude a line about the whole server also binds the tools that have a milder line of their own.
  const floor = STRICTNESS.indexOf(whole ?? "allow");
  for (const [tool, { permission }] of tools) {
    const strictest = STRICTNESS[Math.max(floor, STRICTNESS.indexOf(permission))] ?? "deny";
    tools.set(tool, { permission: strictest });
  }
  return { default: whole, tools: Object.fromEntries(tools) };
}

/** The gateway's tool that an entry speaks of, `*` for all of them, null for Claude's own tools such as `Bash(git *)`. */
function gatewayTool(entry: string): string | null {
  const rule = entry.trim();
  if (rule === SERVER || rule === `${SERVER}__*`) return "*";
  // Another server's tool keeps its whole name, so that it never passes for one of ours.
  if (!rule.startsWith(`${SERVER}__`)) return rule.startsWith("mcp__") ? rule : null;
  return rule.slice(SERVER.length + 2);
}
