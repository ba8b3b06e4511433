export { type ItemKind, type RunEvent } from "./run-event.ts";
export { type RunRequest, type RunResult } from "./run-request.ts";
