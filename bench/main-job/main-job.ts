import type { Measurement } from "../measurement.ts";
import { boxCold, boxWarm } from "./box-start.ts";
import { checkout } from "./checkout.ts";
import { cliLint, cliVersion } from "./cli-start.ts";
import { runTrivial } from "./run-trivial.ts";
import { stepOverhead } from "./step-overhead.ts";
import { toolRead, toolWrite } from "./tool-call.ts";

/** Group `main`: what a user waits for in the main job (design, section 9). */
export const MAIN_JOB: readonly Measurement[] = [
  boxWarm,
  boxCold,
  stepOverhead,
  checkout,
  runTrivial,
  cliVersion,
  cliLint,
  toolRead,
  toolWrite,
];
