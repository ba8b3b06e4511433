import type { AgentProviderName, Policy } from "../policy/index.ts";

/** What a person asks `run` to do. */
export type RunRequest = {
  /** The clone, as an absolute path. */
  readonly directory: string;
  /** The pipeline file, relative to the clone. */
  readonly file: string;
  /** Null: what a push of the current branch would start. */
  readonly selector: string | null;
  /** A revision to run instead of the working tree, or null. */
  readonly commit: string | null;
  /** A pull request of the forge, or null. */
  readonly pullRequest: number | null;
  readonly variables: Readonly<Record<string, string>>;
  /** Overrides the provider of every agent, or null. */
  readonly provider: AgentProviderName | null;
  /** Ceilings of every step; all of them hold. */
  readonly policies: readonly Policy[];
};

/** How a run ended. */
export type RunResult = {
  readonly run: string;
  readonly state: "passed" | "failed" | "interrupted";
};
