import { notFound, text } from "./answers.ts";
import type { Handler, HandlerContext } from "./handler.ts";
import { pageOf } from "./page.ts";

export const listPipelines: Handler = async (context) =>
  pageOf(context.call, context.address, await context.pipelines.list(context.repository.name));

export const getStepLog: Handler = async (context) => text(await requireLog(context));

async function requireLog({ pipelines, repository, call }: HandlerContext): Promise<Buffer> {
  const { pipeline_uuid: pipeline = "", step_uuid: step = "" } = call.path;
  const log = await pipelines.stepLog(repository.name, pipeline, step);
  if (log === null) throw notFound("The log of this step");
  return log;
}
