import type { Grant, Scope } from "../../src/policy/index.ts";

/** A grant that allows as little as a grant can, with what a test wants changed. */
export function grantWith(changes: Partial<Grant> = {}): Grant {
  return {
    run: "00000001",
    step: 1,
    item: "1-agent",
    repository: "demo/shop",
    scopes: ["read:repository:bitbucket"],
    agent: "pr-summariser",
    agentStep: true,
    tools: { default: null, tools: {} },
    protectedBranches: ["main"],
    trustedCommit: "0".repeat(40),
    models: [],
    egress: [],
    expiresAt: 1_000_000,
    reviewed: true,
    ...changes,
  };
}

export const ALL_STEP_SCOPES: readonly Scope[] = [
  "read:repository:bitbucket",
  "write:repository:bitbucket",
  "read:pullrequest:bitbucket",
  "write:pullrequest:bitbucket",
  "read:pipeline:bitbucket",
];
