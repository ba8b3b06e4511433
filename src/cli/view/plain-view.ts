import type { Output } from "../output.ts";
import { formatLine } from "./line.ts";
import { NO_LINES_YET, renderEvent } from "./run-lines.ts";
import type { RunView } from "./run-view.ts";

/** Lines on standard error, without colour and without redrawing: for files and pipes. */
export function createPlainView(output: Output): RunView {
  let state = NO_LINES_YET;
  return {
    show(event) {
      const rendered = renderEvent(state, event);
      state = rendered.state;
      for (const line of rendered.lines) output.progress(formatLine(line, false));
    },
    say: (sentence) => output.progress(sentence),
    [Symbol.dispose]: () => {},
  };
}
