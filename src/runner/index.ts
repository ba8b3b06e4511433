export { recoverInterrupted } from "./recover-interrupted.ts";
export { repositoryNameOf } from "./repository-name.ts";
export { type ItemKind, type RunEvent } from "./run-event.ts";
export { RUN_EXIT_CODES, runPipeline, type RunControls } from "./run-pipeline.ts";
export { type RunRequest, type RunResult } from "./run-request.ts";
export { type Workplace } from "./workplace.ts";
