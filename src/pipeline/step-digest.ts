import { digestOf } from "../base/index.ts";
import { includedFiles } from "./included-files.ts";
import type { AgentDefinition, AgentItem, Step } from "./plan.ts";
import { normalisePath } from "./read-path.ts";

/**
 * SHA-256, lower-case hex, over what steers the step: equal digests mean the same authority (design, rule 2). The files it
 * names are added by whoever can read them, from `reviewedTextPaths`.
 */
export function stepDigest(step: Step): string {
  return digestOf(steeringText(step));
}

/**
 * What steers a step, as plain data. Positions, the step's number, name and group do not count, nor the order of its
 * scopes.
 */
export function steeringText(step: Step): Readonly<Record<string, unknown>> {
  return {
    script: step.script.map((item) => (item.kind === "shell" ? { shell: item.command } : { agent: item.agent })),
    afterScript: step.afterScript.map((item) => item.command),
    scopes: [...step.scopes].sort(),
    maxTime: step.maxTime,
    artifacts: step.artifacts,
    artifactNames: step.artifactNames,
    downloads: step.downloads,
    clone: step.clone,
    variables: step.variables,
    ignored: [...step.ignored].sort(),
  };
}

/**
 * The files below the clone directory whose text steers the step's agents: skills, configuration files, files that a
 * prompt includes (`!path`), MCP configurations, plays of the script provider. Sorted, each once. One that does not exist
 * counts as absent on both sides of the comparison.
 */
export function reviewedTextPaths(step: Step): readonly string[] {
  const agents = step.script.filter((item): item is AgentItem => item.kind === "agent").map((item) => item.agent);
  return [...new Set(agents.flatMap(steeringPaths))].sort();
}

/** The file that the `script` provider plays: `config.overrides.script`, else `.sallyport/agents/NAME.yml`. */
export function playPath(agent: AgentDefinition): string {
  const written = agent.overrides["script"];
  const path = typeof written === "string" ? normalisePath(written) : undefined;
  return path ?? `.sallyport/agents/${agent.name}.yml`;
}

function steeringPaths(agent: AgentDefinition): readonly string[] {
  const included = includedFiles(agent.prompt ?? "").map((file) => file.path);
  const paths = [agent.skill, agent.configPath, ...included, mcpConfigPath(agent)];
  if (agent.provider === "script") paths.push(playPath(agent));
  return paths.filter((path) => path !== null);
}

function mcpConfigPath(agent: AgentDefinition): string | null {
  const { mcp } = agent.overrides;
  if (typeof mcp !== "object" || mcp === null || !("mcpConfigPath" in mcp)) return null;
  return typeof mcp.mcpConfigPath === "string" ? (normalisePath(mcp.mcpConfigPath) ?? null) : null;
}
