import type { AgentProviderName, Position, Scope, ToolPermissions } from "../policy/index.ts";

/**
 * What a pipeline file says for one selector, parsed once: plain readonly data, without anchors, aliases or defaults
 * left to apply.
 */
export type Plan = {
  /** `default`, `custom/NAME`, `branches/GLOB`, `pull-requests/GLOB` as it stands in the file. */
  readonly selector: string;
  readonly variables: readonly PipelineVariable[];
  readonly steps: readonly Step[];
  /** Keys of the whole file that are valid in Bitbucket and have no effect here yet, such as `image`. */
  readonly ignored: readonly string[];
};

/** A variable that a `custom` pipeline declares. */
export type PipelineVariable = {
  readonly name: string;
  readonly default: string | null;
  readonly allowedValues: readonly string[] | null;
};

export type Step = {
  /** Counted from 1 in the order of the file. */
  readonly number: number;
  /** The step's `name`, or null. */
  readonly name: string | null;
  readonly position: Position;
  /** The `parallel` or `stage` that the step stands in, counted from 1 in its pipeline, or null. Steps run in order for now. */
  readonly group: StepGroup | null;
  /** The pipeline's declared variables: they reach prompts and scripts, so they are part of the step's digest. */
  readonly variables: readonly PipelineVariable[];
  /** Minutes: 1 to 720, 120 unless given (reference, section 6). */
  readonly maxTime: number;
  /** As declared, without the implicit read. */
  readonly scopes: readonly Scope[];
  readonly script: readonly ScriptItem[];
  readonly afterScript: readonly ShellItem[];
  /** Globs below the clone directory. */
  readonly artifacts: readonly string[];
  /** What `upload` calls them, each once; absent without names: then the step's name stands for them. */
  readonly artifactNames?: readonly string[];
  /** Which artifacts of earlier steps come in: all, none, or those named. */
  readonly downloads: boolean | readonly string[];
  /** `clone.enabled: false` leaves the workspace empty. `depth` null: the full history. */
  readonly clone: { readonly enabled: boolean; readonly depth: number | null };
  /** Keys that are valid in Bitbucket and have no effect here yet, such as `caches` or `services`. */
  readonly ignored: readonly string[];
};

export type StepGroup = { readonly kind: "parallel" | "stage"; readonly number: number };

export type ScriptItem = ShellItem | AgentItem;

export type ShellItem = { readonly kind: "shell"; readonly command: string; readonly position: Position };

/** An `agent:` item with its definition and the step's overrides merged (step > definition > default agent). */
export type AgentItem = {
  readonly kind: "agent";
  readonly agent: AgentDefinition;
  readonly position: Position;
};

export type AgentDefinition = {
  readonly name: string;
  readonly provider: AgentProviderName;
  /** At most 2,000 characters; `$BITBUCKET_*` not yet substituted. Null with a skill. */
  readonly prompt: string | null;
  /** A skill's path relative to the clone directory, or null. */
  readonly skill: string | null;
  /** The provider's configuration file, relative to the clone directory, or null. */
  readonly configPath: string | null;
  /** `config.overrides` as written: the provider's own fields, validated by its adapter. */
  readonly overrides: Readonly<Record<string, unknown>>;
  /** `config.overrides.toolPermissions`, read. */
  readonly toolPermissions: ToolPermissions;
};
