export { AUTHORITY_FILES, isAuthorityFile } from "./authority-files.ts";
export { authorize, type DecisionContext } from "./authorize.ts";
export { GATES, type Allowed, type Decision, type Denial, type Gate } from "./decision.ts";
export { argumentsOf, callOf, isObject, readMember, type ForgeCall, type JsonObject } from "./forge-call.ts";
export { matchGlob } from "./match-glob.ts";
export { grantDigest, type Cut, type Grant, type Lifted, type RepositoryName } from "./grant.ts";
export { type ArgumentBinding, type Operation, type RestMethod } from "./operation.ts";
export { operationById, OPERATIONS, SHIPPED_TOOLS } from "./operations.ts";
export { REFUSED_FAMILIES, type RefusedFamily } from "./operations/refused.ts";
export { type RefUpdate, type Resource } from "./resource.ts";
export { parseRest, type ParsedRest } from "./rest-route.ts";
export { IMPLICIT_SCOPE, parseScope, STEP_SCOPES, type ParsedScope, type Scope } from "./scope.ts";
export {
  NO_TOOL_PERMISSIONS,
  PERMISSIONS,
  stricterOf,
  type ArgumentRule,
  type BashPermissions,
  type BashRule,
  type Permission,
  type ServerPermissions,
  type ToolPermissions,
  type ToolRule,
} from "./tool-permissions.ts";
export { intersectPermissions, tightenPermissions } from "./permissions/intersect-permissions.ts";
export { bashRulesOf, judgeCommand, type CommandPart, type CommandVerdict } from "./permissions/judge-command.ts";
export { ALWAYS_DENIED } from "./permissions/known-commands.ts";
export { enforceDenials, mergeToolPermissions, SYSTEM_DENIED } from "./permissions/merge-permissions.ts";
export {
  resolvePermission,
  resolveServer,
  type DecidingRule,
  type Resolution,
} from "./permissions/resolve-permission.ts";
export { YAML_LIMITS } from "./yaml/limits.ts";
export { nearestName } from "./yaml/nearest-name.ts";
export { createPositions, type Position } from "./yaml/positions.ts";
export { readYaml } from "./yaml/read-yaml.ts";
export { kindOf, toPlain, type Entry, type ListNode, type MapNode, type Node } from "./yaml/tree.ts";
export { quoted } from "./yaml/yaml-report.ts";
export { YAML_RULES, type YamlRule } from "./yaml/yaml-rules.ts";
export { AGENT_PROVIDERS, type AgentProviderName } from "./agent-providers.ts";
export { applyCeilings, type GrantRequest } from "./policy-file/apply-ceilings.ts";
export { capMinutes, ceilingsFor, liftsEdge, trustedBranches, type Ceiling } from "./policy-file/ceilings.ts";
export { parsePolicy, type ParsedPolicy } from "./policy-file/parse-policy.ts";
export { NO_EXCEPTIONS, type Policy, type PolicyExceptions, type PolicyRules } from "./policy-file/policy.ts";
export { POLICY_FILE_RULES } from "./policy-file/policy-rules.ts";
export { policyJsonSchema } from "./policy-file/policy-schema.ts";
