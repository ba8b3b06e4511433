import { SallyportError, type Json } from "../base/index.ts";
import type { Run, RunStep } from "./run.ts";

export type RunRow = {
  readonly id: string;
  readonly state: Run["state"];
  readonly selector: string;
  readonly repository: string;
  readonly details: string;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly ended_at: number | null;
  readonly exit_code: number | null;
  readonly owner_pid: number;
  readonly owner_start: number;
  readonly cancel_requested_at: number | null;
};

export type StepRow = {
  readonly run: string;
  readonly number: number;
  readonly name: string;
  readonly state: RunStep["state"];
  readonly started_at: number;
  readonly ended_at: number | null;
  readonly exit_code: number | null;
};

/** This room's tables, for the query builder. */
export type RunTables = { readonly runs: RunRow; readonly run_steps: StepRow };

export function runFrom(row: RunRow): Run {
  return {
    id: row.id,
    state: row.state,
    selector: row.selector,
    repository: row.repository,
    details: parseDetails(row),
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    exitCode: row.exit_code,
    owner: { pid: row.owner_pid, startTime: row.owner_start },
    cancelRequestedAt: row.cancel_requested_at,
  };
}

export function stepFrom(row: StepRow): RunStep {
  return {
    run: row.run,
    number: row.number,
    name: row.name,
    state: row.state,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    exitCode: row.exit_code,
  };
}

function parseDetails(row: RunRow): Readonly<Record<string, Json>> {
  const value: unknown = JSON.parse(row.details);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new SallyportError("machine-fault", `The record of run ${row.id} is damaged; restore a backup of state.db.`);
  }
  // Sound: it came from JSON and is an object, so its members are JSON.
  return value as Record<string, Json>;
}
