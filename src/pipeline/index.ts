export { AGENT_PROVIDERS, type AgentDefinition, type AgentItem, type AgentProviderName, type PipelineVariable, type Plan, type Position, type ScriptItem, type ShellItem, type Step } from "./plan.ts";
