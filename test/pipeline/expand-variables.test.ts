import { expect, test } from "vitest";
import { NO_TOOL_PERMISSIONS } from "../../src/policy/index.ts";
import { expandAgent, expandVariables, type AgentDefinition, type PipelineVariable } from "../../src/pipeline/index.ts";

const DECLARED: readonly PipelineVariable[] = [{ name: "TONE", default: null, allowedValues: null }];

const VARIABLES = {
  BITBUCKET_PR_ID: "7",
  BITBUCKET_BRANCH: "feature/$BITBUCKET_PR_ID",
  BITBUCKET_COMMIT: "$&$1",
  BITBUCKET_STEP_OAUTH_TOKEN: "t0ken",
  TONE: "kindly",
  SECRET_KEY: "s3cret",
};

test.each([
  ["PR $BITBUCKET_PR_ID", "PR 7"],
  ["${BITBUCKET_PR_ID}x$BITBUCKET_PR_ID.", "7x7."],
  ["$BITBUCKET_PR_IDX", "$BITBUCKET_PR_IDX"],
  ["$BITBUCKET_TAG ${BITBUCKET_TAG}", "$BITBUCKET_TAG ${BITBUCKET_TAG}"],
  ["$TONE ${TONE}", "kindly kindly"],
  ["$SECRET_KEY ${SECRET_KEY}", "$SECRET_KEY ${SECRET_KEY}"],
  ["$BITBUCKET_BRANCH", "feature/$BITBUCKET_PR_ID"],
  ["$BITBUCKET_COMMIT", "$&$1"],
  ["$BITBUCKET_STEP_OAUTH_TOKEN", "$BITBUCKET_STEP_OAUTH_TOKEN"],
  ["$toString ${constructor} $__proto__", "$toString ${constructor} $__proto__"],
  ["costs $5, ${BITBUCKET_PR_ID, $ {x} $", "costs $5, ${BITBUCKET_PR_ID, $ {x} $"],
])("%s", (text, expanded) => {
  expect(expandVariables(text, VARIABLES, DECLARED)).toBe(expanded);
});

test("a name that is not declared stays", () => {
  expect(expandVariables("$TONE", VARIABLES)).toBe("$TONE");
});

test("attack 19: pins follow the run, and a value never becomes a pattern", () => {
  const agent: AgentDefinition = {
    name: "a",
    provider: "claude",
    prompt: "PR $BITBUCKET_PR_ID, $TONE",
    skill: null,
    configPath: null,
    overrides: {},
    toolPermissions: {
      ...NO_TOOL_PERMISSIONS,
      tools: {
        comment: {
          permission: "allow",
          maxCalls: 1,
          arguments: {
            pullRequestId: { equals: "$BITBUCKET_PR_ID" },
            number: { equals: 3 },
            branch: { glob: "notes/$BITBUCKET_PR_ID/*" },
            wide: { glob: "$BITBUCKET_BRANCH/x" },
            title: { maxLength: 80 },
          },
        },
        plain: { permission: "deny" },
      },
    },
  };
  const expanded = expandAgent(agent, { BITBUCKET_PR_ID: "7", BITBUCKET_BRANCH: "{a,**}", TONE: "kindly" }, DECLARED);
  expect(expanded.prompt).toBe("PR 7, kindly");
  expect(expanded.toolPermissions.tools).toEqual({
    comment: {
      permission: "allow",
      maxCalls: 1,
      arguments: {
        pullRequestId: { equals: "7" },
        number: { equals: 3 },
        branch: { glob: "notes/7/*" },
        wide: { glob: "$BITBUCKET_BRANCH/x" },
        title: { maxLength: 80 },
      },
    },
    plain: { permission: "deny" },
  });
});
