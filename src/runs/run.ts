import type { Json, ProcessIdentity } from "../base/index.ts";

/** How a run or a step can end. */
export type EndState = "passed" | "failed" | "refused" | "interrupted" | "cancelled";
export type RunState = "queued" | "running" | EndState;

/** One run, as it stands. Times in milliseconds since the epoch, null while they have not come. */
export type Run = {
  /** 8 lower-case hex digits. */
  readonly id: string;
  readonly state: RunState;
  readonly selector: string;
  /** `workspace/slug`. */
  readonly repository: string;
  /** What else the caller keeps with it: commit, pull request, variables that are no secrets. */
  readonly details: Readonly<Record<string, Json>>;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** The exit code of the command line's contract (design, section 8). */
  readonly exitCode: number | null;
  /** The process that walks it. */
  readonly owner: ProcessIdentity;
  /** Somebody asked it to stop. */
  readonly cancelRequestedAt: number | null;
};

/** One step of a run; `number` counts from 1. A step has no row before it starts. */
export type RunStep = {
  readonly run: string;
  readonly number: number;
  readonly name: string;
  readonly state: "running" | EndState;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly exitCode: number | null;
};
