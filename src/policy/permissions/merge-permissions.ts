import type { BashPermissions, ServerPermissions, ToolPermissions } from "../tool-permissions.ts";

/**
 * Two layers of one configuration, the one above last: it wins for `default`, for each tool, and for each list as a whole
 * (reference, section 2).
 */
export function mergeToolPermissions(below: ToolPermissions, above: ToolPermissions): ToolPermissions {
  const byDefault = above.default === null ? below : above;
  const bash = mergeBash(below.bash, above.bash);
  const paths = above.allowedExternalPaths ?? below.allowedExternalPaths;
  const servers = mergeServers(below.servers, above.servers);
  return {
    default: byDefault.default,
    ...(byDefault.defaultLine === undefined ? {} : { defaultLine: byDefault.defaultLine }),
    tools: { ...below.tools, ...above.tools },
    ...(bash === undefined ? {} : { bash }),
    ...(paths === undefined ? {} : { allowedExternalPaths: paths }),
    ...(servers === undefined ? {} : { servers }),
  };
}

function mergeBash(
  below: BashPermissions | undefined,
  above: BashPermissions | undefined,
): BashPermissions | undefined {
  if (below === undefined || above === undefined) return above ?? below;
  return {
    default: above.default ?? below.default,
    commands: above.commands ?? below.commands,
    env: [...new Set([...below.env, ...above.env])],
  };
}

/** A server that a layer below disabled stays so: a list above that is silent about it has not allowed it. */
function mergeServers(
  below: ServerPermissions | undefined,
  above: ServerPermissions | undefined,
): ServerPermissions | undefined {
  if (below === undefined || above === undefined) return above ?? below;
  return {
    allowed: above.allowed ?? below.allowed,
    disabled: [...new Set([...below.disabled, ...above.disabled])],
  };
}

/** Tools that no layer can open, on whatever server: what the reference says no agent ever has (section 3, attack 31). */
export const SYSTEM_DENIED: readonly string[] = [
  "mergePullRequest",
  "approvePullRequest",
  "unapprovePullRequest",
  "declinePullRequest",
  "requestChangesOnPullRequest",
  "deleteBranch",
];

const SYSTEM_LINE = "Sallyport itself: no agent ever does this";

/** The last layer: denials of the system, which no layer below can undo. */
export function enforceDenials(
  permissions: ToolPermissions,
  denied: readonly string[] = SYSTEM_DENIED,
): ToolPermissions {
  const rules = denied.map((tool) => [tool, { permission: "deny", line: SYSTEM_LINE }] as const);
  return { ...permissions, tools: { ...permissions.tools, ...Object.fromEntries(rules) } };
}
