import type { RunEvent } from "../../runner/index.ts";
import type { Output } from "../output.ts";
import type { RunView } from "./run-view.ts";

/** One JSON line an event on standard output, and nothing else there. */
export function createJsonView(output: Output): RunView {
  return {
    show: (event) => output.jsonLine(toJsonEvent(event)),
    say: (sentence) => output.progress(sentence),
    [Symbol.dispose]: () => {},
  };
}

/** An event as scripts see it. A judged attempt is flattened: its grant is in the ledger, its operation is named by its id. */
export function toJsonEvent(event: RunEvent): unknown {
  if (event.type !== "judged") return event;
  const { grant, attempt, decision, milliseconds, done } = event.judged;
  return {
    type: event.type,
    step: event.step,
    item: grant.item,
    agent: grant.agent,
    operation: attempt.operation.id,
    tool: attempt.operation.tool,
    door: attempt.door,
    summary: attempt.summary,
    ...decision,
    milliseconds,
    done,
  };
}
