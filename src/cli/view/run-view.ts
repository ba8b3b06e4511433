import type { RunEvent } from "../../runner/index.ts";

/** Shows a run to whoever started it, event by event. */
export interface RunView extends Disposable {
  show(event: RunEvent): void;
  /** A sentence beside the events, such as what a signal does. */
  say(sentence: string): void;
}
