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
};

/**
 * Tool permissions of one agent, from every configuration layer, merged. `default` speaks only of tools in the shipped
 * list; a custom tool needs its own line (design, rule 5). `null`: the shipped defaults hold.
 */
export type ToolPermissions = {
  readonly default: Permission | null;
  readonly tools: Readonly<Record<string, ToolRule>>;
};

export const NO_TOOL_PERMISSIONS: ToolPermissions = { default: null, tools: {} };
