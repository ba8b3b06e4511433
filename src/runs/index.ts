export { runsMigrations } from "./migrations.ts";
export type { EndState, Run, RunState, RunStep } from "./run.ts";
export { createRunStore, type NewRun, type RunStore } from "./run-store.ts";
export { STEP_LOG_LIMIT, type StepLog } from "./step-log.ts";
