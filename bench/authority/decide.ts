import { authorize, OPERATIONS, STEP_SCOPES, type Grant, type Resource } from "../../src/policy/index.ts";
import type { Measurement } from "../measurement.ts";
import { rate } from "./rate.ts";

const GRANT: Grant = {
  run: "00000001",
  step: 1,
  item: "1-agent",
  repository: "demo/shop",
  scopes: STEP_SCOPES,
  agent: "bench",
  agentStep: true,
  tools: {
    default: null,
    tools: {
      createPullRequest: { permission: "deny" },
      addPullRequestComment: { permission: "allow", arguments: { pullRequestId: { equals: "1" } }, maxCalls: 1_000 },
    },
  },
  protectedBranches: ["main", "master", "release/**"],
  trustedCommit: "0".repeat(40),
  models: ["anthropic"],
  egress: [],
  expiresAt: Number.MAX_SAFE_INTEGER,
  reviewed: true,
};

const RESOURCE: Resource = {
  repository: "demo/shop",
  arguments: { pullRequestId: 1, content: "text" },
  createdByAgent: true,
};

/** A decision on each row of the table in turn, under a grant with pins, against a fixed rate. */
export const decide: Measurement = {
  name: "authorize",
  group: "authority",
  unit: "per second",
  against: "2 million a second",
  budget: 1,
  repetitions: 9,
  async prepare() {
    const context = { now: 0, calls: 0 };
    return {
      ours: async () =>
        rate(200_000, (index) => {
          const operation = OPERATIONS[index % OPERATIONS.length];
          if (operation !== undefined) authorize(GRANT, operation, RESOURCE, context);
        }),
      theirs: async () => 2_000_000,
      async [Symbol.asyncDispose]() {},
    };
  },
};
