import { uuidFor, type Json } from "../../base/index.ts";
import type { Run, RunStep, RunStore } from "../../runs/index.ts";
import type { PipelineRecords } from "./pipeline-records.ts";

/** Runs that are looked through for a pipeline or listed: the newest. */
const LOOKED_AT = 500;
/** Of a log that is longer, the end: what a step died of stands there. Bytes. */
const LOG_TAIL = 1_000_000;

/** Our own runs, as the forge's pipelines. A step's id is the one that the step itself has in `BITBUCKET_STEP_UUID`. */
export function createRunRecords(runs: Pick<RunStore, "list" | "steps" | "readLog">): PipelineRecords {
  async function runsOf(repository: string): Promise<readonly Run[]> {
    const all = await runs.list({ limit: LOOKED_AT });
    return all.filter((run) => run.repository === repository);
  }

  return {
    async list(repository) {
      return await Promise.all(
        (await runsOf(repository)).map(async (run) => presentRun(run, await runs.steps(run.id))),
      );
    },
    async stepLog(repository, pipeline, step) {
      const run = (await runsOf(repository)).find(({ id }) => uuidFor(id) === pipeline);
      if (run === undefined) return null;
      const found = (await runs.steps(run.id)).find(({ number }) => uuidFor(`${run.id}/${number}`) === step);
      return found === undefined ? null : await tailOf(runs.readLog(run.id, found.number));
    },
  };
}

async function tailOf(log: AsyncIterable<Buffer>): Promise<Buffer> {
  let tail = Buffer.alloc(0);
  for await (const chunk of log) tail = Buffer.concat([tail, chunk]).subarray(-LOG_TAIL);
  return tail;
}

/** Shape: `pipeline` of Bitbucket's OpenAPI document, with its steps. */
function presentRun(run: Run, steps: readonly RunStep[]): Json {
  return {
    type: "pipeline",
    uuid: uuidFor(run.id),
    build_number: Number.parseInt(run.id.slice(0, 6), 16),
    created_on: new Date(run.createdAt).toISOString(),
    completed_on: run.endedAt === null ? null : new Date(run.endedAt).toISOString(),
    target: { type: "pipeline_ref_target", selector: { type: "custom", pattern: run.selector } },
    state: presentState(run.state),
    steps: steps.map((step) => ({
      type: "pipeline_step",
      uuid: uuidFor(`${run.id}/${step.number}`),
      name: step.name,
      state: presentState(step.state),
    })),
  };
}

const RESULTS: Readonly<Record<string, string>> = { passed: "SUCCESSFUL", failed: "FAILED", refused: "ERROR" };

function presentState(state: Run["state"]): Json {
  if (state === "queued" || state === "running") return { type: "pipeline_state", name: "IN_PROGRESS" };
  return { type: "pipeline_state_completed", name: "COMPLETED", result: { name: RESULTS[state] ?? "STOPPED" } };
}
