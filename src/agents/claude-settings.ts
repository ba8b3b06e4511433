import { z } from "zod";
import { SallyportError } from "../base/index.ts";
import type { AgentDefinition } from "../pipeline/index.ts";

const rules = z.array(z.string()).default([]);

/** Settings of Claude Code, as far as Sallyport reads them; every other member is passed on as it is. */
const settingsSchema = z.looseObject({
  permissions: z
    .looseObject({
      allow: rules,
      ask: rules,
      deny: rules,
      defaultMode: z
        .enum(["default", "manual", "acceptEdits", "auto", "plan", "dontAsk", "bypassPermissions"])
        .optional(),
      additionalDirectories: z.array(z.string()).optional(),
    })
    .prefault({}),
  enabledMcpjsonServers: z.array(z.string()).optional(),
  disabledMcpjsonServers: z.array(z.string()).optional(),
  env: z.record(z.string(), z.string()).default({}),
});

export type ClaudeSettings = z.infer<typeof settingsSchema>;

/**
 * An agent's Claude settings: `config.path` (JSON, as reviewed), then `config.overrides` on top. Lists of permissions
 * are joined, since a rule of one layer must not lose a `deny` of another. `refused` when they cannot be read.
 */
export function readClaudeSettings(agent: AgentDefinition, config: string | null): ClaudeSettings {
  // The permissions in Rovo's form are read with the pipeline file; Claude does not know them.
  const { toolPermissions: _read, ...overrides } = agent.overrides;
  const below = check(agent, agent.configPath ?? "config.path", parseConfig(agent, config));
  const above = check(agent, "config.overrides", overrides);
  return {
    ...below,
    ...above,
    env: { ...below.env, ...above.env },
    permissions: {
      ...below.permissions,
      ...above.permissions,
      allow: [...below.permissions.allow, ...above.permissions.allow],
      ask: [...below.permissions.ask, ...above.permissions.ask],
      deny: [...below.permissions.deny, ...above.permissions.deny],
    },
  };
}

function parseConfig(agent: AgentDefinition, config: string | null): unknown {
  if (agent.configPath === null) return {};
  if (config === null) throw refuse(agent, `${agent.configPath} is not in the reviewed commit; commit it`);
  try {
    return JSON.parse(config);
  } catch (cause) {
    throw refuse(agent, `${agent.configPath} is not JSON; Claude settings are`, cause);
  }
}

function check(agent: AgentDefinition, where: string, value: unknown): ClaudeSettings {
  const parsed = settingsSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw refuse(agent, `${where} is not Claude settings: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`);
}

function refuse(agent: AgentDefinition, what: string, cause?: unknown): SallyportError {
  return new SallyportError("refused", `Agent ${agent.name} cannot run: ${what}.`, { cause });
}
