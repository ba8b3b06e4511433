import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toJsonEvent } from "../../src/cli/view/json-view.ts";
import { formatLine } from "../../src/cli/view/line.ts";
import { NO_LINES_YET, renderEvent } from "../../src/cli/view/run-lines.ts";
import { writeJson } from "../../src/cli/view/write-json.ts";
import { NO_TOOL_PERMISSIONS, operationById, type Decision, type Grant } from "../../src/policy/index.ts";
import type { RunEvent } from "../../src/runner/index.ts";

const GRANT: Grant = {
  run: "7f3a0000",
  step: 1,
  item: "agent-1",
  repository: "demo/shop",
  scopes: ["read:pullrequest:bitbucket", "read:repository:bitbucket"],
  agent: "pr-summariser",
  agentStep: true,
  tools: NO_TOOL_PERMISSIONS,
  protectedBranches: ["main"],
  trustedCommit: "0".repeat(40),
  models: [],
  egress: [],
  expiresAt: 0,
  reviewed: true,
};

type Door = "mcp" | "rest" | "git" | "proxy";

function judged(id: string, door: Door, summary: string, decision: Decision | number): RunEvent {
  const attempt = { operation: operationById(id), resource: { repository: null, arguments: {} }, door, summary };
  const milliseconds = typeof decision === "number" ? decision : null;
  const answer: Decision = typeof decision === "number" ? { allow: true, ask: false } : decision;
  return {
    type: "judged",
    step: 1,
    judged: { grant: GRANT, attempt, decision: answer, milliseconds, done: milliseconds !== null },
  };
}

const denied = (gate: "scope" | "branch" | "egress", reason: string): Decision => ({
  allow: false,
  gate,
  reason,
  needs: {},
});

const RUN_STARTED: RunEvent = {
  type: "run-started",
  run: "7f3a0000",
  selector: "custom/analyse-pr",
  repository: "demo/shop",
  pullRequest: 1,
  source: "working tree of 9c1e2d4",
};
const STEP_STARTED: RunEvent = {
  type: "step-started",
  step: 1,
  name: "analyse-pr",
  box: "bwrap",
  scopes: ["read:repository:bitbucket", "read:pullrequest:bitbucket"],
  maxTime: 10,
  agents: ["pr-summariser (script)"],
  notes: [],
};
const STEP_ENDED: RunEvent = {
  type: "step-ended",
  step: 1,
  state: "passed",
  reason: null,
  seconds: 1.2,
  allowed: 2,
  denied: 4,
};
const RUN_ENDED: RunEvent = {
  type: "run-ended",
  run: "7f3a0000",
  state: "passed",
  ledgerEntries: 23,
  ledgerVerified: true,
};
const output = (text: string): RunEvent => ({ type: "output", step: 1, item: "shell-1", text });

function show(events: readonly RunEvent[]): readonly string[] {
  let state = NO_LINES_YET;
  return events.flatMap((event) => {
    const rendered = renderEvent(state, event);
    state = rendered.state;
    return rendered.lines.map((line) => formatLine(line, false));
  });
}

test("a run reads as in the sample of design, section 8", () => {
  const lines = show([
    RUN_STARTED,
    STEP_STARTED,
    { type: "item-started", step: 1, item: "agent-1", kind: "agent" },
    judged("pullrequests.get", "mcp", "getPullRequestDetails pullRequestId 1", 3.2),
    judged("comments.list", "mcp", "getPullRequestComments pullRequestId 1", 4),
    judged(
      "pullrequests.create",
      "mcp",
      'createPullRequest "Totally harmless"',
      denied("scope", "needs write:pullrequest:bitbucket"),
    ),
    judged(
      "pullrequests.create",
      "rest",
      "POST /2.0/repositories/demo/shop/pullrequests",
      denied("scope", "createPullRequest by another door"),
    ),
    judged("git.push", "git", "git push origin main", denied("branch", "main is protected from steps")),
    judged(
      "network.connect",
      "proxy",
      "CONNECT collector.example:443",
      denied("egress", "this step may reach nothing"),
    ),
    STEP_ENDED,
    RUN_ENDED,
  ]);
  expect(lines).toEqual([
    "custom/analyse-pr   run 7f3a0000 · demo/shop · PR #1 · working tree of 9c1e2d4",
    "1 analyse-pr   bwrap · read:repository read:pullrequest · 10 min · agent pr-summariser (script)",
    "  ✓ getPullRequestDetails    pullRequestId 1                       3 ms",
    "  ✓ getPullRequestComments   pullRequestId 1                       4 ms     untrusted text",
    '  ✗ createPullRequest        "Totally harmless"                    scope: needs write:pullrequest:bitbucket',
    "  ✗ POST /2.0/repositories/demo/shop/pullrequests                  scope: createPullRequest by another door",
    "  ✗ git push origin main                                           branch: main is protected from steps",
    "  ✗ CONNECT collector.example:443                                  egress: this step may reach nothing",
    "  passed in 1.2 s · 2 allowed, 4 denied · token revoked · ledger 23 entries, verified",
  ]);
});

describe("the end of a run", () => {
  const failed: RunEvent = { ...STEP_ENDED, state: "failed", reason: "exit code 1", seconds: 75 };
  const rows: readonly (readonly [string, readonly RunEvent[], readonly string[]])[] = [
    [
      "a step that failed says why",
      [failed, { ...RUN_ENDED, state: "failed" }],
      ["  failed after 1 min 15 s: exit code 1 · 2 allowed, 4 denied · token revoked · ledger 23 entries, verified"],
    ],
    [
      "two steps have a line each, and the run one of its own",
      [STEP_ENDED, { ...failed, step: 2 }, { ...RUN_ENDED, state: "failed" }],
      [
        "  passed in 1.2 s · 2 allowed, 4 denied · token revoked",
        "  failed after 1 min 15 s: exit code 1 · 2 allowed, 4 denied · token revoked",
        "failed · 2 steps · ledger 23 entries, verified",
      ],
    ],
    [
      "a run without a step",
      [{ ...RUN_ENDED, state: "interrupted" }],
      ["interrupted · 0 steps · ledger 23 entries, verified"],
    ],
    [
      "a ledger that does not verify is said aloud",
      [STEP_ENDED, { ...RUN_ENDED, ledgerVerified: false }],
      [
        "  passed in 1.2 s · 2 allowed, 4 denied · token revoked · ledger 23 entries, NOT as written: sallyport audit verify 7f3a0000",
      ],
    ],
  ];
  test.each(rows)("%s", (_, events, lines) => {
    expect(show(events)).toEqual(lines);
  });
});

describe("output", () => {
  const rows: readonly (readonly [string, readonly RunEvent[], readonly string[]])[] = [
    ["whole lines", [output("one\ntwo\n")], ["  │ one", "  │ two"]],
    ["lines over several chunks", [output("o"), output("ne\r"), output("\ntw"), output("o\n")], ["  │ one", "  │ two"]],
    [
      "a line without an end, before what follows",
      [output("one"), STEP_STARTED],
      ["  │ one", show([STEP_STARTED])[0] ?? ""],
    ],
    [
      "a line without an end, at the end",
      [output("one"), STEP_ENDED, RUN_ENDED],
      ["  │ one", ...show([STEP_ENDED, RUN_ENDED])],
    ],
    ["an empty line", [output("\n")], ["  │ "]],
    ["a line that never ends comes in pieces", [output("a".repeat(9_000))], [`  │ ${"a".repeat(9_000)}`]],
    [
      "escape sequences stay visible",
      [output("\x1b[2J\x1b]52;c;AA\x07\u009b31m\n")],
      ["  │ \\x1b[2J\\x1b]52;c;AA\\x07\\x9b31m"],
    ],
    ["a carriage return cannot rewrite a line", [output("✓ all well\r  ✗ denied\n")], ["  │ ✓ all well\\r  ✗ denied"]],
  ];
  test.each(rows)("%s", (_, events, lines) => {
    expect(show(events)).toEqual(lines);
  });
});

const HOSTILE = "a\x1b[31m\u202eb\u2066c\u200bd\u009be\rf\ng\u{e0041}";
/** What a terminal would act on, line feeds among them: each line is one. */
const ACTIVE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

const EVERY_TEXT: readonly RunEvent[] = [
  { ...RUN_STARTED, selector: HOSTILE, repository: HOSTILE, source: HOSTILE },
  { ...STEP_STARTED, name: HOSTILE, box: HOSTILE, scopes: [HOSTILE], agents: [HOSTILE], notes: [HOSTILE] },
  judged("pullrequests.create", "mcp", HOSTILE, denied("scope", HOSTILE)),
  judged("comments.list", "rest", HOSTILE, 1),
  output(HOSTILE),
  { ...STEP_ENDED, state: "failed", reason: HOSTILE },
  { ...RUN_ENDED, state: "failed" },
];

test("attack 25: no text of an agent, a forge or a log reaches the terminal as more than text", () => {
  const lines = show(EVERY_TEXT);
  expect(lines.length).toBeGreaterThan(EVERY_TEXT.length);
  for (const line of lines) expect(line).not.toMatch(ACTIVE);
});

test("attack 25: JSON lines are inert on a terminal and the same data for a program", () => {
  for (const event of EVERY_TEXT) {
    const line = writeJson(toJsonEvent(event));
    expect(line).not.toMatch(ACTIVE);
    expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(toJsonEvent(event))));
  }
});

test("any text is one inert line, and its JSON reads back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const [line = "", ...more] = show([judged("git.push", "git", text, 1)]);
      expect(more).toEqual([]);
      expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u);
      expect(JSON.parse(writeJson({ text }, 2))).toEqual({ text });
    }),
  );
});

test("a judged event names its operation and carries neither grant nor token", () => {
  expect(toJsonEvent(judged("git.push", "git", "git push origin main", denied("branch", "main is protected")))).toEqual(
    {
      type: "judged",
      step: 1,
      item: "agent-1",
      agent: "pr-summariser",
      operation: "git.push",
      tool: null,
      door: "git",
      summary: "git push origin main",
      allow: false,
      gate: "branch",
      reason: "main is protected",
      needs: {},
      milliseconds: null,
      done: false,
    },
  );
});

test("long names and summaries keep their distance from the next column and have an end", () => {
  const [line = ""] = show([judged("pullrequests.create", "mcp", `createPullRequest ${"x".repeat(10_000)}`, 2)]);
  expect(line).toMatch(/^ {2}✓ createPullRequest {8}x+… {2}2 ms$/);
  expect(line.length).toBeLessThan(200);
  const [tool = ""] = show([
    judged("pullrequests.analyzeStatuses", "mcp", "analyzePullRequestCommitStatusFailures pullRequestId 1", 2),
  ]);
  expect(tool).toMatch(/^ {2}✓ analyzePullRequestCommitStatusFailures {2}pullRequestId 1 +2 ms$/);
});
