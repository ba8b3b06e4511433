import { inert } from "../../base/index.ts";
import type { Decision } from "../../policy/index.ts";
import { formatMilliseconds } from "./durations.ts";
import { plain, type Line } from "./line.ts";

/** An attempt as it was judged, whether it comes from a run that goes on or from the ledger. */
export type JudgedRow = {
  readonly operation: string;
  readonly door: string;
  readonly summary: string;
  readonly decision: Pick<Decision, "allow"> & { readonly gate?: string | null; readonly reason?: string | null };
  readonly milliseconds: number | null;
  /** Whether what was allowed was really done. */
  readonly done: boolean;
};

/** Columns of the sample in design, section 8, counted after the mark. */
const NAME_WIDTH = 25;
const SUMMARY_WIDTH = 63;
/** An agent chooses these texts: the whole of them is in the ledger. */
const LONGEST = 160;

/** Reads whose answer is what anybody may have written: the agent now holds text that may be an injection. */
const UNTRUSTED = /^(comments|tasks)\.(list|get)$|^pipelines\.stepLog$/;

/** `  ✓ tool  arguments  3 ms` or `  ✗ request  gate: reason`, in columns. */
export function renderJudged({ operation, door, summary, decision, milliseconds, done }: JudgedRow): Line {
  const what = alignSummary(clip(inert(summary)), door === "mcp");
  if (!decision.allow) {
    const why = `${decision.gate ?? "denied"}: ${inert(decision.reason ?? "no reason is on record")}`;
    return [plain("  "), { tone: "bad", text: "✗" }, plain(` ${what}`), { tone: "bad", text: why }];
  }
  if (!done)
    return [
      plain("  "),
      { tone: "good", text: "✓" },
      plain(` ${what}`),
      { tone: "bad", text: "allowed, but not done" },
    ];
  const time = milliseconds === null ? "" : formatMilliseconds(milliseconds);
  const mark = UNTRUSTED.test(operation) ? `${time.padEnd(6)}   untrusted text` : time;
  return [plain("  "), { tone: "good", text: "✓" }, plain(` ${what}`), { tone: "quiet", text: mark }];
}

/** A tool's name and its arguments stand in two columns; a request of another door goes over both. */
function alignSummary(summary: string, inColumns: boolean): string {
  const space = summary.indexOf(" ");
  const name =
    inColumns && space > 0 ? `${padOver(summary.slice(0, space), NAME_WIDTH)}${summary.slice(space + 1)}` : summary;
  return padOver(name, SUMMARY_WIDTH);
}

/** Pads to a column; what reaches into it keeps two spaces of distance. */
function padOver(text: string, width: number): string {
  return text.length > width - 2 ? `${text}  ` : text.padEnd(width);
}

function clip(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}
