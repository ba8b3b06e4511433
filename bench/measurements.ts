import type { Measurement } from "./measurement.ts";
import { AUTHORITY } from "./authority/authority.ts";
import { MAIN_JOB } from "./main-job/main-job.ts";

/** Everything that is measured, in the order of the output. */
export const MEASUREMENTS: readonly Measurement[] = [...MAIN_JOB, ...AUTHORITY];
