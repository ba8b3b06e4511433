import type { AgentDefinition } from "../pipeline/index.ts";

/** What a provider needs to know of the item that it runs in. */
export type AgentInput = {
  readonly agent: AgentDefinition;
  /** The prompt with `$BITBUCKET_*` substituted, or null with a skill. */
  readonly prompt: string | null;
  /** Reads a file of the reviewed commit, relative to the clone directory; null when there is none. Never the workspace. */
  readonly readFile: (path: string) => Promise<string | null>;
  /** The clone directory inside the box. */
  readonly workspace: string;
  /** `http://127.0.0.1:29418`: everything that the agent may talk to (design, section 4). */
  readonly door: string;
};

/** How to run an agent in its box. Contains no credential: `environment` holds placeholders where a program insists on one. */
export type AgentLaunch = {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Files to place in the box, read-only, by their absolute path there. */
  readonly files: readonly { readonly path: string; readonly content: string }[];
  /** Programs of the host that the box needs: single paths below `/opt/sallyport`, read-only. */
  readonly binds: readonly { readonly source: string; readonly target: string }[];
};

/**
 * One kind of agent. `prepare` only describes; it starts nothing. It throws `SallyportError("refused")` when the agent
 * cannot run as configured, with what to change, and `SallyportError("not-found")` when its program is not installed.
 */
export interface AgentProvider {
  readonly name: AgentDefinition["provider"];
  /** The model provider that its model calls go to, or null for one without a model. */
  readonly model: "anthropic" | "openai" | null;
  prepare(input: AgentInput): Promise<AgentLaunch>;
}
