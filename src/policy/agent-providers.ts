/** Kinds of agents that a pipeline file can name. */
export const AGENT_PROVIDERS = ["rovodev", "claude", "codex", "script"] as const;
export type AgentProviderName = (typeof AGENT_PROVIDERS)[number];

/** Services that answer model calls. */
export const MODEL_PROVIDERS = ["anthropic", "openai"] as const;
