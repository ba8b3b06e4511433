import { z } from "zod";
import type { Permission, ToolPermissions, ToolRule } from "../policy/index.ts";

const tools = z.array(z.string()).optional();
const approval = z.enum(["auto", "prompt", "approve"]).optional();

const serverSchema = z.looseObject({
  enabled: z.boolean().default(true),
  enabled_tools: tools,
  disabled_tools: tools,
  default_tools_approval_mode: approval,
  tools: z.record(z.string(), z.looseObject({ approval_mode: approval })).default({}),
});

/** Codex's `config.toml`, as far as it says who may do what. */
export const codexConfigSchema = z.looseObject({
  approval_policy: z.union([z.enum(["untrusted", "on-failure", "on-request", "never"]), z.looseObject({})]).optional(),
  sandbox_mode: z.enum(["read-only", "workspace-write", "danger-full-access"]).optional(),
  sandbox_workspace_write: z.looseObject({ writable_roots: tools }).optional(),
  mcp_servers: z.record(z.string(), serverSchema).default({}),
});

export type CodexConfig = z.infer<typeof codexConfigSchema>;
type CodexServer = CodexConfig["mcp_servers"][string];

/** The name of our server in Codex's configuration (reference, section 3). */
const OURS = "bitbucket";

/**
 * Codex's configuration in the one model. A list of enabled tools closes all others of its server; a disabled tool is
 * denied, also when it is enabled too. `approval_policy: untrusted` asks before a command; its sandbox is the box here, so
 * of that only `writable_roots` counts, and only where the sandbox writes.
 */
export function fromCodexConfig({
  approval_policy: policy,
  sandbox_mode: sandbox,
  sandbox_workspace_write: writes,
  mcp_servers: servers,
}: CodexConfig): ToolPermissions {
  const ours = Object.hasOwn(servers, OURS) ? servers[OURS] : undefined;
  const others = Object.entries(servers).filter(([name]) => name !== OURS);
  const byDefault = ours === undefined ? null : wholeRule(OURS, ours);
  const roots = sandbox === "workspace-write" ? writes?.writable_roots : undefined;
  return {
    default: byDefault?.permission ?? null,
    ...(byDefault?.line === undefined ? {} : { defaultLine: byDefault.line }),
    tools: Object.fromEntries([
      ...(ours === undefined ? [] : toolRules(OURS, ours, (tool) => tool)),
      ...others.flatMap(([name, server]) => otherRules(name, server)),
    ]),
    ...(policy === "untrusted" ? { bash: { default: "ask", commands: null, env: [] } } : {}),
    ...(roots === undefined ? {} : { allowedExternalPaths: roots }),
    ...(others.length === 0
      ? {}
      : {
          servers: {
            allowed: others.filter(([, { enabled }]) => enabled).map(([name]) => name),
            disabled: others.filter(([, { enabled }]) => !enabled).map(([name]) => name),
          },
        }),
  };
}

function otherRules(name: string, server: CodexServer): readonly (readonly [string, ToolRule])[] {
  const whole = wholeRule(name, server);
  const rules = toolRules(name, server, (tool) => `mcp__${name}__${tool}`);
  // Closing all but the listed needs no line: a custom tool without one is denied.
  return whole?.permission === "ask" ? [...rules, [`mcp__${name}__*`, whole]] : rules;
}

function wholeRule(name: string, server: CodexServer): ToolRule | null {
  const place = `mcp_servers.${name}`;
  if (!server.enabled) return { permission: "deny", line: `${place}.enabled` };
  if (server.enabled_tools !== undefined) return { permission: "deny", line: `${place}.enabled_tools` };
  if (server.default_tools_approval_mode !== "prompt") return null;
  return { permission: "ask", line: `${place}.default_tools_approval_mode` };
}

/** A line for each tool that is named anywhere; the strictest of what is said of it. */
function toolRules(
  name: string,
  server: CodexServer,
  nameOf: (tool: string) => string,
): readonly (readonly [string, ToolRule])[] {
  const { enabled, enabled_tools: open, disabled_tools: closed = [], tools: own } = server;
  const place = `mcp_servers.${name}`;
  const named = [...new Set([...(open ?? []), ...closed, ...Object.keys(own)])];
  return named.map((tool) => {
    const rule = (permission: Permission, line: string): readonly [string, ToolRule] => [
      nameOf(tool),
      { permission, line: `${place}.${line}` },
    ];
    if (!enabled) return rule("deny", "enabled");
    if (closed.includes(tool)) return rule("deny", "disabled_tools");
    if (open !== undefined && !open.includes(tool)) return rule("deny", "enabled_tools");
    const mode =
      (Object.hasOwn(own, tool) ? own[tool]?.approval_mode : undefined) ?? server.default_tools_approval_mode;
    return mode === "prompt"
      ? rule("ask", `tools.${tool}.approval_mode`)
      : rule("allow", open ? "enabled_tools" : `tools.${tool}`);
  });
}
