import { isShippedTool } from "../operations.ts";
import { stricterOf, type Permission, type ToolPermissions, type ToolRule } from "../tool-permissions.ts";

/** What decided about a tool: the id of a row of the table below, or `unlisted` when none has an answer. */
export type DecidingRule = "denied" | "server" | "line" | "default" | "shipped" | "unlisted";

/** A tool's permission and what decided it; `line` says where that stands, or null where nothing is written. */
export type Resolution = {
  readonly permission: Permission;
  readonly decidedBy: DecidingRule;
  readonly line: string | null;
};

/** One rule about a tool. `server` is null for the built-in one. Null: the rule does not speak of it. */
type Row = {
  readonly id: DecidingRule;
  readonly permission: (permissions: ToolPermissions, tool: string, server: string | null) => Permission | null;
};

/** In the order in which they are asked (design, rule 5; H3): the first that has an answer decides. */
const TABLE: readonly Row[] = [
  // An explicit deny beats everything.
  { id: "denied", permission: (permissions, tool, server) => only("deny", ownLine(permissions, tool, server)) },
  // Nor is anything open on a server that is closed as a whole.
  {
    id: "server",
    permission: (permissions, tool, server) => {
      if (server === null) return null;
      const whole = wholeServer(permissions, server);
      if (whole === "ask") return only("allow", ownLine(permissions, tool, server)) === null ? null : "ask";
      return only("deny", whole);
    },
  },
  // Then allow and ask.
  { id: "line", permission: ownLine },
  // `default` speaks of shipped tools only.
  {
    id: "default",
    permission: (permissions, tool, server) => (server === null && isShippedTool(tool) ? permissions.default : null),
  },
  // Documented reads and writes are there unless said otherwise; scopes still hold.
  {
    id: "shipped",
    permission: (_permissions, tool, server) => (server === null && isShippedTool(tool) ? "allow" : null),
  },
];

/**
 * The permission of a tool. `server` is the name of a custom MCP server, or null for the built-in one. A custom or newly
 * appeared tool without a line of its own is denied, whatever `default` says, and a line that allows a whole server is no
 * line of its own (H3).
 */
export function permissionOf(permissions: ToolPermissions, tool: string, server: string | null): Permission {
  for (const row of TABLE) {
    const permission = row.permission(permissions, tool, server);
    if (permission !== null) return permission;
  }
  return "deny";
}

/** The same with the rule that decided and its line. */
export function resolvePermission(
  permissions: ToolPermissions,
  tool: string,
  server: string | null = null,
): Resolution {
  for (const { id, permission: read } of TABLE) {
    const permission = read(permissions, tool, server);
    if (permission !== null) return { permission, decidedBy: id, line: placeOf(id, permissions, tool, server) };
  }
  return UNLISTED;
}

const UNLISTED: Resolution = { permission: "deny", decidedBy: "unlisted", line: null };

/** Whether a custom server may be used by this agent at all: only one that is named is (M10), and `disabled` beats `allowed`. */
export function resolveServer({ servers }: ToolPermissions, server: string): Resolution {
  if (servers?.disabled.includes(server) === true) {
    return { permission: "deny", decidedBy: "denied", line: DISABLED };
  }
  if (servers?.allowed?.includes(server) !== true) return UNLISTED;
  return { permission: "allow", decidedBy: "line", line: "mcp.allowedMcpServers" };
}

const DISABLED = "mcp.disabledMcpServers";

/** One clause that names the line, for a denial's reason (design, rule 11): `by toolPermissions.tools.createPullRequest`. */
export function explainResolution({ line }: Resolution): string {
  return line === null ? "because no line of its own allows it" : `by ${line}`;
}

/** The line of a tool; never a member that every object has (`constructor`). */
export function ruleOf({ tools }: ToolPermissions, name: string): ToolRule | undefined {
  return Object.hasOwn(tools, name) ? tools[name] : undefined;
}

function only(wanted: Permission, permission: Permission | null): Permission | null {
  return permission === wanted ? permission : null;
}

/** What is said of this very tool; of its two names on a custom server the stricter. */
function ownLine(permissions: ToolPermissions, tool: string, server: string | null): Permission | null {
  const said = namesOf(tool, server).flatMap((name) => ruleOf(permissions, name)?.permission ?? []);
  return said.length === 0 ? null : said.reduce((one, other) => stricterOf(one, other));
}

/** A line about a tool of ours never speaks for a tool of the same name elsewhere (attack 17). */
function namesOf(tool: string, server: string | null): readonly string[] {
  if (server === null) return [tool];
  const qualified = `mcp__${server}__${tool}`;
  return isShippedTool(tool) ? [qualified] : [qualified, tool];
}

function wholeServer(permissions: ToolPermissions, server: string): Permission | null {
  if (permissions.servers?.disabled.includes(server) === true) return "deny";
  return ruleOf(permissions, `mcp__${server}__*`)?.permission ?? null;
}

/** Where that which decided is written. */
function placeOf(id: DecidingRule, permissions: ToolPermissions, tool: string, server: string | null): string | null {
  if (id === "default") return permissions.defaultLine ?? "toolPermissions.default";
  if (id === "shipped") return null;
  if (id === "server" && server !== null) {
    const disabled = permissions.servers?.disabled.includes(server) === true;
    return disabled ? DISABLED : lineIn(permissions, `mcp__${server}__*`);
  }
  const said = ownLine(permissions, tool, server);
  const name = namesOf(tool, server).find((one) => ruleOf(permissions, one)?.permission === said);
  return lineIn(permissions, name ?? tool);
}

function lineIn(permissions: ToolPermissions, name: string): string {
  return ruleOf(permissions, name)?.line ?? `toolPermissions.tools.${name}`;
}
