import { performance } from "node:perf_hooks";
import { inert } from "../../base/index.ts";
import type { RunEvent } from "../../runner/index.ts";
import { formatSeconds } from "./durations.ts";
import { formatLine } from "./line.ts";
import { NO_LINES_YET, renderEvent } from "./run-lines.ts";
import type { RunView } from "./run-view.ts";

const FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
/** Milliseconds between two drawings of the last line. */
const INTERVAL = 100;
/** Carriage return, then erase the line (ECMA-48, 8.3.41). */
const ERASE = "\r\x1b[2K";

/** What goes on now: the text of the line that is redrawn, and since when. */
type Work = { readonly text: string; readonly since: number };

/** A terminal as far as it is drawn on; `columns` is 0 where nobody knows. */
export type Terminal = { readonly columns: number; write(text: string): unknown };

/** What is assumed then. */
const COLUMNS = 80;

/** The same lines as elsewhere, with a last line that shows what goes on and for how long. */
export function createLiveView(terminal: Terminal, colour: boolean): RunView {
  let state = NO_LINES_YET;
  let step = "";
  let work: Work | null = null;
  let frame = 0;

  const draw = (): void => {
    if (work === null) return;
    frame = (frame + 1) % FRAMES.length;
    const elapsed = formatSeconds((performance.now() - work.since) / 1_000);
    const text = `${FRAMES[frame] ?? ""} ${work.text} · ${elapsed}`.slice(0, (terminal.columns || COLUMNS) - 1);
    terminal.write(`${ERASE}${formatLine([{ tone: "quiet", text }], colour)}`);
  };
  const print = (lines: readonly string[]): void => {
    if (lines.length === 0) return;
    terminal.write(`${ERASE}${lines.map((line) => `${line}\n`).join("")}`);
    draw();
  };
  const follow = (event: RunEvent): void => {
    if (event.type === "step-started") step = inert(`${event.step} ${event.name}`);
    if (event.type === "step-started") work = { text: step, since: performance.now() };
    if (event.type === "item-started") work = { text: `${step} · ${event.kind}`, since: performance.now() };
    if (event.type === "step-ended" || event.type === "run-ended") work = null;
  };

  // Only a picture: it keeps no process alive.
  const timer = setInterval(draw, INTERVAL).unref();
  return {
    show(event) {
      const rendered = renderEvent(state, event);
      state = rendered.state;
      follow(event);
      print(rendered.lines.map((line) => formatLine(line, colour)));
    },
    say: (sentence) => print([sentence]),
    [Symbol.dispose]: () => {
      clearInterval(timer);
      terminal.write(ERASE);
    },
  };
}
