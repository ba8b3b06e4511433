import type { ErrorCode } from "../base/index.ts";

/**
 * How the program ends when a command throws (design, section 8): one row a code. A state directory that is unsafe or
 * newer than the program is a refusal before anything started.
 */
export const EXIT_CODES: Readonly<Record<ErrorCode, number>> = {
  usage: 2,
  "invalid-file": 2,
  "not-found": 2,
  "no-isolation": 3,
  refused: 4,
  "state-unsafe": 4,
  "state-too-new": 4,
  "machine-fault": 1,
  interrupted: 130,
};

/** What the exit codes mean, for the help text and the reference. */
export const EXIT_MEANINGS: readonly (readonly [code: number, meaning: string])[] = [
  [0, "all passed"],
  [1, "a step failed, or the machine did"],
  [2, "wrong usage, or an invalid file"],
  [3, "no isolation to be had"],
  [4, "refused before the start, or stopped, by policy; or the state directory is unsafe or newer than this program"],
  [130, "interrupted"],
];
