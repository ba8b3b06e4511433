import type { Finding } from "../base/index.ts";
import type { Position } from "../policy/index.ts";
import type { AgentDefinition, PipelineVariable, Step } from "./plan.ts";

/** The sections of `pipelines`, which are also the first words of a selector. */
export const PIPELINE_KINDS = ["default", "branches", "tags", "pull-requests", "custom"] as const;
export type PipelineKind = (typeof PIPELINE_KINDS)[number];

/** A whole `bitbucket-pipelines.yml`, parsed once: plain readonly data. */
export type PipelineFile = {
  /** The path as it was given, for messages. */
  readonly file: string;
  /** Where `pipelines` stands. */
  readonly position: Position;
  /** Minutes, 1 to 720: `options.max-time`, or 120. */
  readonly maxTime: number;
  readonly clone: Step["clone"];
  /** As defined, merged over the built-in default agent. An agent without prompt and skill gets one from each step. */
  readonly agents: readonly AgentDefinition[];
  /** In the order of the file. */
  readonly pipelines: readonly Pipeline[];
  /** Keys of the whole file that are valid in Bitbucket and have no effect here yet, such as `image`. */
  readonly ignored: readonly string[];
};

/** One pipeline: what a selector names. */
export type Pipeline = {
  readonly kind: PipelineKind;
  /** The key as it stands in the file: a name, or a glob over branches or tags. Empty for `default`. */
  readonly name: string;
  readonly position: Position;
  /** Only `custom` pipelines declare them. */
  readonly variables: readonly PipelineVariable[];
  /** Without those that cannot run as they are written. */
  readonly steps: readonly Step[];
  /** What cannot run yet, such as pipes: errors as soon as the pipeline is selected. */
  readonly blockers: readonly Finding[];
};
