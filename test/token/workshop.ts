import type { Clock } from "../../src/base/index.ts";
import { NO_TOOL_PERMISSIONS, type Grant } from "../../src/policy/index.ts";

export const START = Date.now();
export const MINUTE = 60_000;

/** A clock that the test moves: the base contract is only that it does not run backwards by itself. */
export class HandClock implements Clock {
  time = START;
  now(): number {
    return this.time;
  }
}

/** A grant of ten minutes, with what a test wants changed. */
export function grantOf(change: Partial<Grant> = {}): Grant {
  return {
    run: "7f3a0c11",
    step: 1,
    item: "1",
    repository: "demo/shop",
    scopes: ["read:pullrequest:bitbucket", "read:repository:bitbucket"],
    agent: "pr-summariser",
    agentStep: true,
    tools: NO_TOOL_PERMISSIONS,
    protectedBranches: ["main"],
    trustedCommit: "9c1e2d4".padEnd(40, "0"),
    models: [],
    egress: [],
    expiresAt: START + 10 * MINUTE,
    reviewed: true,
    ...change,
  };
}
