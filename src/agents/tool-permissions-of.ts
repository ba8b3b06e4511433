import { formatFinding, SallyportError } from "../base/index.ts";
import { parseRovoConfig, type AgentDefinition } from "../pipeline/index.ts";
import { enforceDenials, mergeToolPermissions, tightenPermissions, type ToolPermissions } from "../policy/index.ts";
import { fromClaudeSettings } from "./claude-permissions.ts";
import { readClaudeSettings } from "./claude-settings.ts";
import { codexConfigSchema, fromCodexConfig } from "./codex-permissions.ts";

/**
 * What an agent may do, from every layer (reference, section 2): its definition and step (`agent.toolPermissions`, already
 * merged), the provider's own configuration, and last the denials of the system, which nothing undoes. `config` is the
 * text of `config.path` in the reviewed commit, or null where there is none. Variables in pins are not yet expanded.
 *
 * Rovo's file is in the words of `toolPermissions`, so that the layer above wins; of Claude's and Codex's words and ours
 * the stricter holds. `refused` when a layer cannot be read: a deny in it must not be lost.
 */
export async function toolPermissionsOf(agent: AgentDefinition, config: string | null): Promise<ToolPermissions> {
  if (agent.configPath !== null && config === null) {
    throw refuse(agent, `${agent.configPath} is not in the reviewed commit; commit it`);
  }
  return enforceDenials(await READERS[agent.provider](agent, config));
}

type Reader = (agent: AgentDefinition, config: string | null) => ToolPermissions | Promise<ToolPermissions>;

const READERS: Readonly<Record<AgentDefinition["provider"], Reader>> = {
  rovodev: readRovo,
  claude: readClaude,
  codex: readCodex,
  script: readScript,
};

function readRovo(agent: AgentDefinition, config: string | null): ToolPermissions {
  if (config === null || agent.configPath === null) return agent.toolPermissions;
  const { permissions, findings } = parseRovoConfig(config, agent.configPath);
  if (permissions !== null) return mergeToolPermissions(permissions, agent.toolPermissions);
  const [first] = findings;
  throw refuse(agent, first === undefined ? `${agent.configPath} cannot be read` : formatFinding(first));
}

function readClaude(agent: AgentDefinition, config: string | null): ToolPermissions {
  const settings = readClaudeSettings(agent, config);
  const own = fromClaudeSettings(settings, ({ entry, fix }) => {
    throw refuse(agent, `its Claude permission ${entry} cannot be kept; ${fix}`);
  });
  return tightenPermissions(own, agent.toolPermissions);
}

async function readCodex(agent: AgentDefinition, config: string | null): Promise<ToolPermissions> {
  const { toolPermissions: _read, mcp: _servers, ...overrides } = agent.overrides;
  const table = mergeTables(await parseToml(agent, config), overrides);
  const parsed = codexConfigSchema.safeParse(table);
  if (parsed.success) return tightenPermissions(fromCodexConfig(parsed.data), agent.toolPermissions);
  const [issue] = parsed.error.issues;
  throw refuse(agent, `its Codex configuration is not one: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`);
}

function readScript(agent: AgentDefinition): ToolPermissions {
  if (agent.configPath === null) return agent.toolPermissions;
  const what = `it has the config.path ${agent.configPath}, which the script provider does not read`;
  throw refuse(agent, `${what}; put toolPermissions into config.overrides`);
}

type Table = Readonly<Record<string, unknown>>;

async function parseToml(agent: AgentDefinition, config: string | null): Promise<Table> {
  if (config === null) return {};
  // Read only where an agent has such a file: other commands do not pay for it.
  const { parse } = await import("smol-toml");
  try {
    return parse(config);
  } catch (cause) {
    throw refuse(agent, `${agent.configPath ?? "config.path"} is not TOML; a Codex configuration is`, cause);
  }
}

/** As Codex lays a `-c` over its file: tables merge, everything else is replaced. */
function mergeTables(below: Table, above: Table): Table {
  const merged = new Map(Object.entries(below));
  for (const [key, value] of Object.entries(above)) {
    const under = merged.get(key);
    merged.set(key, isTable(under) && isTable(value) ? mergeTables(under, value) : value);
  }
  return Object.fromEntries(merged);
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function refuse(agent: AgentDefinition, what: string, cause?: unknown): SallyportError {
  return new SallyportError("refused", `Agent ${agent.name} cannot run: ${what}.`, { cause });
}
