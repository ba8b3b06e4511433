import {
  stricterOf,
  type BashPermissions,
  type BashRule,
  type Permission,
  type ServerPermissions,
  type ToolPermissions,
  type ToolRule,
} from "../policy/index.ts";
import type { ClaudeSettings } from "./claude-settings.ts";

/** An entry that names tools in a way which cannot be kept, with what to write instead. */
export type UnreadableEntry = { readonly entry: string; readonly fix: string };

/** The name of our server in Claude's tool names (reference, section 3). */
const OURS = "bitbucket";

/** As Claude looks at its lists: a deny ends the search, then ask, then allow. */
const LISTS = ["allow", "ask", "deny"] as const;

/**
 * Claude's settings in the one model. Claude's own tools but for Bash are no business of the gateway; a rule about MCP
 * tools that cannot be kept is told to `refuse`, which throws: a deny in it must not be lost.
 */
export function fromClaudeSettings(
  { permissions, enabledMcpjsonServers, disabledMcpjsonServers }: ClaudeSettings,
  refuse: (unreadable: UnreadableEntry) => never,
): ToolPermissions {
  const tools = new Map<string, ToolRule>();
  const shell: BashRule[] = [];
  let whole: ToolRule | null = null;
  for (const permission of LISTS) {
    for (const entry of permissions[permission].map((text) => text.trim())) {
      const rule = { permission, line: `permissions.${permission}: ${entry}` };
      const tool = mcpTool(entry, refuse);
      if (tool === "*") whole = rule;
      else if (tool !== null) tools.set(tool, rule);
      else shell.push(...bashRules(entry, rule));
    }
  }
  // In Claude a line about the whole server also binds the tools that have a milder line of their own.
  for (const [tool, rule] of tools) tools.set(tool, floored(rule, tool.startsWith("mcp__") ? null : whole));
  const byDefault = whole ?? modeDefault(permissions.defaultMode);
  const paths = permissions.additionalDirectories;
  const servers = serversOf(enabledMcpjsonServers, disabledMcpjsonServers);
  return {
    default: byDefault?.permission ?? null,
    ...(byDefault?.line === undefined ? {} : { defaultLine: byDefault.line }),
    tools: Object.fromEntries(tools),
    ...(shell.length === 0 ? {} : { bash: bashOf(shell) }),
    ...(paths === undefined ? {} : { allowedExternalPaths: paths }),
    ...(servers === undefined ? {} : { servers }),
  };
}

/** The tool that an entry speaks of in our words, `*` for all of the built-in server, null for one of Claude's own. */
function mcpTool(entry: string, refuse: (unreadable: UnreadableEntry) => never): string | null {
  if (!/^mcp__/iu.test(entry)) return null;
  const { server, tool = "*" } = /^mcp__(?<server>[^*()]+?)(?:__(?<tool>\*|[^*()]+))?$/u.exec(entry)?.groups ?? {};
  if (server === undefined) return refuse({ entry, fix: "write mcp__SERVER__TOOL, or mcp__SERVER for all its tools" });
  if (server === OURS) return tool;
  // Another server's tool keeps its whole name, so that it never passes for one of ours.
  return `mcp__${server}__${tool}`;
}

function floored(rule: ToolRule, floor: ToolRule | null): ToolRule {
  return floor === null || stricterOf(rule.permission, floor.permission) === rule.permission ? rule : floor;
}

/**
 * What a mode says of a tool that no list names. Without a mode the shipped defaults hold: the agent is configured to use
 * them (M2). Bypassing leaves everything to the gates, which is what the shipped defaults do.
 */
const MODES: Readonly<Record<NonNullable<ClaudeSettings["permissions"]["defaultMode"]>, Permission | null>> = {
  default: "ask",
  manual: "ask",
  acceptEdits: "ask",
  auto: "ask",
  plan: "deny",
  dontAsk: "deny",
  bypassPermissions: null,
};

function modeDefault(mode: ClaudeSettings["permissions"]["defaultMode"]): ToolRule | null {
  const permission = mode === undefined ? null : MODES[mode];
  return permission === null ? null : { permission, line: `permissions.defaultMode: ${mode ?? ""}` };
}

/** `Bash`, `Bash(git log)`, `Bash(git:*)`, `Bash(git *)`; the words of another tool are none. The empty command is all. */
function bashRules(entry: string, { permission, line }: ToolRule): readonly BashRule[] {
  const { command } = /^Bash(?:\((?<command>.*)\))?$/su.exec(entry)?.groups ?? { command: null };
  if (command === null) return [];
  const rule = (text: string): BashRule => ({ command: text, permission, ...(line === undefined ? {} : { line }) });
  const text = (command ?? "*").trim();
  const fixed = /^(?<words>[^*]*?)(?::\*| \*)?$/su.exec(text)?.groups?.["words"];
  if (fixed !== undefined && fixed !== "") return [rule(fixed === text ? fixed : `${fixed}.*`)];
  // A star elsewhere cannot be said in our words. What denies or asks is read more widely, what allows is left out.
  const words = text.slice(0, text.indexOf("*")).split(" ").slice(0, -1).join(" ");
  if (words !== "") return permission === "allow" ? [] : [rule(`${words}.*`)];
  return permission === "allow" && text !== "*" ? [] : [rule("")];
}

function bashOf(rules: readonly BashRule[]): BashPermissions {
  const whole = rules.filter(({ command }) => command === "").at(-1);
  const commands = rules.filter(({ command }) => command !== "");
  return {
    default: whole?.permission ?? null,
    commands: commands.map((rule) => ({
      ...rule,
      permission: stricterOf(rule.permission, whole?.permission ?? "allow"),
    })),
    env: [],
  };
}

function serversOf(
  allowed: readonly string[] | undefined,
  disabled: readonly string[] | undefined,
): ServerPermissions | undefined {
  if (allowed === undefined && disabled === undefined) return undefined;
  return { allowed: allowed ?? null, disabled: disabled ?? [] };
}
