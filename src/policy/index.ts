export { GATES, type Allowed, type Decision, type Denial, type Gate } from "./decision.ts";
export { grantDigest, type Grant, type RepositoryName } from "./grant.ts";
export { IMPLICIT_SCOPE, parseScope, STEP_SCOPES, type ParsedScope, type Scope } from "./scope.ts";
export { NO_TOOL_PERMISSIONS, type ArgumentRule, type Permission, type ToolPermissions, type ToolRule } from "./tool-permissions.ts";
