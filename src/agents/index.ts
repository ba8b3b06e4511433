export { type AgentInput, type AgentLaunch, type AgentProvider } from "./provider.ts";
