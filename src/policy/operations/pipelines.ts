import type { Operation } from "../operation.ts";
import {
  BUILT_IN_TOOLS,
  inPath,
  PAGING,
  plain,
  PULL_REQUEST_ID,
  READ_PIPELINE,
  READ_PR,
  READ_TEST,
  REPOSITORY,
  rest,
  NEWER,
  WRITE_PIPELINE,
} from "./row.ts";

const PIPELINE = `${REPOSITORY}/pipelines/{pipeline_uuid}`;
const STEP = `${PIPELINE}/steps/{step_uuid}`;
const PIPELINE_UUID = inPath("pipelineUuid", "pipeline_uuid", "string");
const STEP_UUID = inPath("stepUuid", "step_uuid", "string");
/** The document names no scope for pipelines; the reference names the nouns of scopes. */
const SCOPE_BY_NOUN = "Bitbucket REST 2.0; scope by noun, reference, section 5";

/** What ran. Nothing here starts a pipeline: that row is refused (rule 3). */
export const PIPELINE_ROWS: readonly Operation[] = [
  rest("pipelines.list", "GET", `${REPOSITORY}/pipelines`, {
    scopes: [READ_PIPELINE],
    arguments: PAGING,
    source: SCOPE_BY_NOUN,
  }),
  rest("pipelines.get", "GET", PIPELINE, {
    scopes: [READ_PIPELINE],
    arguments: [PIPELINE_UUID],
    source: SCOPE_BY_NOUN,
  }),
  rest("pipelines.stop", "POST", `${PIPELINE}/stopPipeline`, {
    scopes: [WRITE_PIPELINE],
    arguments: [PIPELINE_UUID],
    source: SCOPE_BY_NOUN,
  }),
  rest("pipelines.steps", "GET", `${PIPELINE}/steps`, {
    scopes: [READ_PIPELINE],
    arguments: [PIPELINE_UUID, ...PAGING],
    source: SCOPE_BY_NOUN,
  }),
  rest("pipelines.step", "GET", STEP, {
    scopes: [READ_PIPELINE],
    arguments: [PIPELINE_UUID, STEP_UUID],
    source: SCOPE_BY_NOUN,
  }),
  rest("pipelines.stepLog", "GET", `${STEP}/log`, {
    scopes: [READ_PIPELINE],
    tool: "getPipelineStepLog",
    arguments: [PIPELINE_UUID, STEP_UUID],
    source: SCOPE_BY_NOUN,
  }),
  rest("tests.report", "GET", `${STEP}/test_reports`, {
    scopes: [READ_PIPELINE, READ_TEST],
    arguments: [PIPELINE_UUID, STEP_UUID],
    source: NEWER,
  }),
  rest("tests.cases", "GET", `${STEP}/test_reports/test_cases`, {
    scopes: [READ_PIPELINE, READ_TEST],
    arguments: [PIPELINE_UUID, STEP_UUID, ...PAGING],
    source: NEWER,
  }),

  // Two documented tools read several REST resources at once, so they are rows of their own, without a REST door.
  plain("pullrequests.analyzeStatuses", {
    scopes: [READ_PR, READ_PIPELINE],
    tool: "analyzePullRequestCommitStatusFailures",
    arguments: [PULL_REQUEST_ID],
    source: BUILT_IN_TOOLS,
  }),
  plain("pipelines.analyzeStep", {
    scopes: [READ_PIPELINE],
    tool: "analyzePipelineStepFailure",
    arguments: [PIPELINE_UUID, STEP_UUID],
    source: BUILT_IN_TOOLS,
  }),
];
