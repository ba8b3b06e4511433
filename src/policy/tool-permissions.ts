/** What a tool's permission says: do it, wait for a human, or refuse. */
export type Permission = "allow" | "ask" | "deny";

/** An argument pinned to a value, a glob (`release/*`), or a maximum length (design, rule 8). `$BITBUCKET_*` is already expanded. */
export type ArgumentRule =
  { readonly equals: string | number | boolean } | { readonly glob: string } | { readonly maxLength: number };

/** One tool's permission, with the arguments it is tied to and the number of calls it is good for. */
export type ToolRule = {
  readonly permission: Permission;
  readonly arguments?: Readonly<Record<string, ArgumentRule>>;
  readonly maxCalls?: number;
  /** Where it stands, for messages; absent: `toolPermissions.tools`. */
  readonly line?: string;
};

/** One line about shell commands: exactly this command, or `git.*`, that is `git` with any arguments. */
export type BashRule = { readonly command: string; readonly permission: Permission; readonly line?: string };

/** Advice about shell commands (reference, section 4). `null`: not said. The box is the boundary (attack 9). */
export type BashPermissions = {
  readonly default: Permission | null;
  readonly commands: readonly BashRule[] | null;
  /** Names of variables that the agent's shell gets; their values stay in the provider's configuration. */
  readonly env: readonly string[];
};

/** Custom MCP servers by name. `allowed` null: none is named. */
export type ServerPermissions = { readonly allowed: readonly string[] | null; readonly disabled: readonly string[] };

/**
 * What one agent may do, from every configuration layer of whatever provider, merged: the one model for Rovo, Claude and
 * Codex. `default` speaks only of tools in the shipped list; a custom tool needs its own line (design, rule 5). `null`: the
 * shipped defaults hold. An absent field: nothing is said about it.
 *
 * A tool of the built-in server has its bare name, one of another server the bare name or `mcp__SERVER__TOOL`; the line
 * `mcp__SERVER__*` is about all tools of that server.
 */
export type ToolPermissions = {
  readonly default: Permission | null;
  /** Where `default` stands, for messages; absent: `toolPermissions.default`. */
  readonly defaultLine?: string;
  readonly tools: Readonly<Record<string, ToolRule>>;
  readonly bash?: BashPermissions;
  /** Folders outside the clone that the agent's own file tools may use. */
  readonly allowedExternalPaths?: readonly string[];
  readonly servers?: ServerPermissions;
};

export const NO_TOOL_PERMISSIONS: ToolPermissions = { default: null, tools: {} };

/** From the mildest to the strictest. */
export const PERMISSIONS: readonly Permission[] = ["allow", "ask", "deny"];

const STRICTNESS: Readonly<Record<Permission, number>> = { allow: 0, ask: 1, deny: 2 };

/** Deny beats ask beats allow. */
export function stricterOf(a: Permission, b: Permission): Permission {
  return STRICTNESS[a] >= STRICTNESS[b] ? a : b;
}
