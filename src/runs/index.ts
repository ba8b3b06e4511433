export { runsMigrations } from "./migrations.ts";
export type { EndState, Run, RunState, RunStep } from "./run.ts";
export { createRunStore, type NewRun, type RunStore } from "./run-store.ts";
export type { StepLog } from "./step-log.ts";
