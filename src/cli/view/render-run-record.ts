import { inert } from "../../base/index.ts";
import type { RecordedStep, RunRecord } from "../run-record.ts";
import { formatSeconds } from "./durations.ts";
import { formatTime } from "./format-time.ts";
import { plain, type Line, type Span } from "./line.ts";
import { renderJudged } from "./render-judged.ts";

/** What a run did, in the manner of the live view. */
export function renderRunRecord({ run, steps, ledger }: RunRecord): readonly Line[] {
  const { pullRequest, source } = run.details;
  const parts = [
    `run ${run.id}`,
    run.repository,
    ...(typeof pullRequest === "number" ? [`PR #${pullRequest}`] : []),
    ...(typeof source === "string" ? [source] : []),
    formatTime(run.createdAt),
  ];
  const verified: Span = ledger.ok
    ? plain(`ledger ${ledger.entries} entries, verified`)
    : run.endedAt === null && ledger.reason === "torn"
      ? plain(`ledger ${ledger.head.seq} entries so far`)
      : { tone: "bad", text: `ledger NOT as written: line ${ledger.line}, ${ledger.reason}: ${ledger.detail}` };
  return [
    [{ tone: "strong", text: inert(run.selector) }, plain(`   ${parts.map((part) => inert(part)).join(" · ")}`)],
    ...steps.flatMap(renderStep),
    [stateSpan(run.state), plain(tookOf(run.createdAt, run.endedAt)), plain(" · "), verified],
  ];
}

function renderStep(step: RecordedStep): readonly Line[] {
  const { number, name, state, startedAt, endedAt, exitCode, notices, operations } = step;
  const denied = operations.filter(({ allow }) => !allow).length;
  const failed = state === "passed" || exitCode === null ? "" : ` with exit code ${exitCode}`;
  return [
    [{ tone: "strong", text: inert(`${number} ${name}`) }],
    ...notices.map((notice): Line => [plain(`  note: ${inert(notice)}`)]),
    ...operations.map((row) => renderJudged({ ...row, decision: row })),
    [
      plain("  "),
      stateSpan(state),
      plain(`${failed}${tookOf(startedAt, endedAt)} · ${operations.length - denied} allowed, ${denied} denied`),
    ],
  ];
}

function stateSpan(state: string): Span {
  const tone = state === "passed" ? "good" : state === "running" || state === "queued" ? "plain" : "bad";
  return { tone, text: state };
}

function tookOf(start: number, end: number | null): string {
  return end === null ? "" : ` in ${formatSeconds((end - start) / 1_000)}`;
}
