import type { BoxLimits } from "../../src/box/index.ts";

/** Limits small enough that a test reaches them quickly. */
export const LIMITS_OF_ONE: BoxLimits = {
  memoryBytes: 256 << 20,
  pids: 64,
  cpus: 2,
  fileSizeBytes: 64 << 20,
  openFiles: 512,
};
