export { createAgentProviders, type AgentProviders } from "./create-agent-providers.ts";
export { type AgentInput, type AgentLaunch, type AgentProvider } from "./provider.ts";
export { toolPermissionsOf } from "./tool-permissions-of.ts";
