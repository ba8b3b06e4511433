import { inert } from "../../base/index.ts";
import type { ItemKind, RunEvent } from "../../runner/index.ts";
import { formatSeconds } from "./durations.ts";
import { plain, type Line, type Span } from "./line.ts";
import { renderJudged } from "./render-judged.ts";

type EventOf<Type extends RunEvent["type"]> = Extract<RunEvent, { readonly type: Type }>;

/** What the lines to come depend on. */
export type RunLines = {
  /** Output that has not reached its line's end. */
  readonly tail: string;
  /** The last step's end, kept back: in a run of one step it shares a line with the run's. */
  readonly ended: EventOf<"step-ended"> | null;
  readonly steps: number;
  /** What the item that runs now is for. */
  readonly kind: ItemKind;
};

export const NO_LINES_YET: RunLines = { tail: "", ended: null, steps: 0, kind: "shell" };

/** A line of output longer than this is shown in pieces. */
const LONGEST_OUTPUT = 8_192;

/** The lines that an event adds to the view of its run, as in the sample of design, section 8. */
export function renderEvent(
  state: RunLines,
  event: RunEvent,
): { readonly state: RunLines; readonly lines: readonly Line[] } {
  if (event.type === "output") {
    const { tail, lines } = splitOutput(state.tail + event.text);
    return { state: { ...state, tail }, lines: lines.map(renderOutput) };
  }
  if (event.type === "item-started") return { state: { ...state, kind: event.kind }, lines: [] };
  const held = [
    ...(state.tail === "" ? [] : [renderOutput(state.tail)]),
    ...(state.ended === null || event.type === "run-ended" ? [] : [renderStepEnd(state.ended)]),
  ];
  const next: RunLines = {
    ...state,
    tail: "",
    ended: event.type === "step-ended" ? event : null,
    steps: state.steps + (event.type === "step-ended" ? 1 : 0),
  };
  return { state: next, lines: [...held, ...renderWhole(state, event)] };
}

function renderWhole(
  state: RunLines,
  event: Exclude<RunEvent, { readonly type: "output" | "item-started" }>,
): readonly Line[] {
  switch (event.type) {
    case "run-started":
      return [renderRunStart(event)];
    case "step-started":
      return [renderStepStart(event), ...event.notes.map((note): Line => [plain(`  note: ${inert(note)}`)])];
    case "judged": {
      const { attempt, decision, milliseconds, done } = event.judged;
      const { operation, door, summary } = attempt;
      // That a clone reads the repository is what everybody expects; what it was refused is not.
      if (state.kind === "clone" && decision.allow) return [];
      return [renderJudged({ operation: operation.id, door, summary, decision, milliseconds, done })];
    }
    case "step-ended":
      return [];
    case "run-ended":
      return renderRunEnd(state, event);
  }
}

function renderRunStart({ run, selector, repository, pullRequest, source }: EventOf<"run-started">): Line {
  const parts = [`run ${run}`, repository, ...(pullRequest === null ? [] : [`PR #${pullRequest}`]), source];
  return [{ tone: "strong", text: inert(selector) }, plain(`   ${parts.map((part) => inert(part)).join(" · ")}`)];
}

function renderStepStart({ step, name, box, scopes, maxTime, agents }: EventOf<"step-started">): Line {
  const short = scopes.map((scope) => scope.replace(/:bitbucket$/, "")).join(" ");
  const who = agents.length === 0 ? "no agent" : `agent${agents.length === 1 ? "" : "s"} ${agents.join(", ")}`;
  const parts = [box, short, `${maxTime} min`, who];
  return [
    { tone: "strong", text: inert(`${step} ${name}`) },
    plain(`   ${parts.map((part) => inert(part)).join(" · ")}`),
  ];
}

function renderStepEnd({ state, reason, seconds, allowed, denied }: EventOf<"step-ended">): Line {
  const counts = ` · ${allowed} allowed, ${denied} denied · token revoked`;
  if (state === "passed")
    return [plain("  "), { tone: "good", text: state }, plain(` in ${formatSeconds(seconds)}${counts}`)];
  const why = reason === null || reason === state ? "" : `: ${inert(reason)}`;
  return [plain("  "), { tone: "bad", text: state }, plain(` after ${formatSeconds(seconds)}${why}${counts}`)];
}

function renderRunEnd({ ended, steps }: RunLines, event: EventOf<"run-ended">): readonly Line[] {
  const ledger: Span = event.ledgerVerified
    ? plain(`ledger ${event.ledgerEntries} entries, verified`)
    : {
        tone: "bad",
        text: `ledger ${event.ledgerEntries} entries, NOT as written: sallyport audit verify ${event.run}`,
      };
  if (steps === 1 && ended !== null) return [[...renderStepEnd(ended), plain(" · "), ledger]];
  const tone = event.state === "passed" ? "good" : "bad";
  const run: Line = [{ tone, text: event.state }, plain(` · ${steps} step${steps === 1 ? "" : "s"} · `), ledger];
  return ended === null ? [run] : [renderStepEnd(ended), run];
}

/** Whole lines of output, and what is left over. Line feeds end lines, with a carriage return before them or not. */
function splitOutput(text: string): { readonly tail: string; readonly lines: readonly string[] } {
  const lines = text.split(/\r?\n/);
  const tail = lines.pop() ?? "";
  return tail.length > LONGEST_OUTPUT ? { tail: "", lines: [...lines, tail] } : { tail, lines };
}

function renderOutput(text: string): Line {
  return [{ tone: "quiet", text: `  │ ${inert(text, "\t")}` }];
}
