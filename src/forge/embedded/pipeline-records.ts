import type { Json } from "../../base/index.ts";

/** What ran for a repository, as far as the forge shows it: whoever keeps runs gives it to the forge. */
export interface PipelineRecords {
  /** Pipelines in Bitbucket's shape, newest first. */
  list(repository: string): Promise<readonly Json[]>;
  /** The log of a step, or null when there is none of these ids in that repository. */
  stepLog(repository: string, pipeline: string, step: string): Promise<Buffer | null>;
}

/** For a forge that nobody told of any run. */
export const NO_PIPELINES: PipelineRecords = {
  list: async () => [],
  stepLog: async () => null,
};
