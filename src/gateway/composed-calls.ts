import type { Json } from "../base/index.ts";
import type { Actor, Forge, ForgeAnswer } from "../forge/index.ts";
import { argumentsOf, callOf, isObject, operationById, readMember, type ForgeCall } from "../policy/index.ts";

/** An operation that reads several resources of the forge, all under the scopes of its one row. */
type Composition = (forge: Forge, call: ForgeCall, actor: Actor) => Promise<ForgeAnswer>;

const COMPOSITIONS: Readonly<Record<string, Composition>> = {
  "pullrequests.analyzeStatuses": analyzeStatuses,
  "pipelines.analyzeStep": analyzeStep,
};

const FAILED_STATES: readonly unknown[] = ["FAILED", "STOPPED", "ERROR"];
const TAIL_LINES = 80;
const TELLING_LINES = 40;

/** The answer to a judged call of a row without a REST door. A row that is not composed here is a caller's bug. */
export async function composedAnswer(forge: Forge, call: ForgeCall, actor: Actor): Promise<ForgeAnswer> {
  const compose = COMPOSITIONS[call.operation.id];
  if (compose === undefined) throw new TypeError(`${call.operation.id} is not a call of the forge`);
  return await compose(forge, call, actor);
}

/** Which build statuses of a pull request failed, out of how many. */
async function analyzeStatuses(forge: Forge, call: ForgeCall, actor: Actor): Promise<ForgeAnswer> {
  const part = callOf(operationById("pullrequests.statuses"), call.repository, { ...argumentsOf(call), pagelen: 100 });
  const answer = await forge.call(part, actor);
  if (answer.status >= 400 || answer.body.kind !== "json" || !isObject(answer.body.value)) return answer;
  const values = readMember(answer.body.value, ["values"]);
  const statuses: readonly Json[] = Array.isArray(values) ? values : [];
  const failed = statuses.filter((status) => isObject(status) && FAILED_STATES.includes(status["state"]));
  return jsonAnswer({ total: statuses.length, failedCount: failed.length, failed });
}

/** The lines of a step's log that speak of a failure, and its end. */
async function analyzeStep(forge: Forge, call: ForgeCall, actor: Actor): Promise<ForgeAnswer> {
  const answer = await forge.call(
    callOf(operationById("pipelines.stepLog"), call.repository, argumentsOf(call)),
    actor,
  );
  if (answer.status >= 400 || answer.body.kind !== "text") return answer;
  const lines = answer.body.text.toString().split("\n");
  const telling = lines.filter((line) => /\b(?:error|fail(?:ed|ure)?|fatal|exception|denied|not found)\b/iu.test(line));
  return jsonAnswer({
    lineCount: lines.length,
    tellingLines: telling.slice(-TELLING_LINES),
    lastLines: lines.slice(-TAIL_LINES),
  });
}

function jsonAnswer(value: Json): ForgeAnswer {
  return { status: 200, body: { kind: "json", value } };
}
