import { describe, expect, test } from "vitest";
import { renderProtections } from "../../src/cli/commands/doctor.ts";
import { renderRuns } from "../../src/cli/commands/runs.ts";
import { formatMilliseconds, formatSeconds } from "../../src/cli/view/durations.ts";
import { createInertDecoder } from "../../src/cli/view/inert-decoder.ts";
import { renderPullRequest, renderPullRequests } from "../../src/cli/view/render-pull-request.ts";
import { renderTable } from "../../src/cli/view/render-table.ts";

test.each([
  [0.2, "<1 ms"],
  [3.4, "3 ms"],
  [999, "999 ms"],
  [1_234, "1.2 s"],
  [90_000, "1 min 30 s"],
])("%d milliseconds are %s", (milliseconds, text) => {
  expect(formatMilliseconds(milliseconds)).toBe(text);
});

test.each([
  [0, "0.0 s"],
  [9.94, "9.9 s"],
  [9.96, "10 s"],
  [59.7, "1 min 0 s"],
  [3_725, "62 min 5 s"],
])("%d seconds are %s", (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});

test("tables align by characters, inert", () => {
  expect(
    renderTable(
      ["a", "b"],
      [
        ["\u{1f600}", "x"],
        ["\x1b[1m", "y"],
      ],
    ),
  ).toEqual(["a        b", "\u{1f600}        x", "\\x1b[1m  y"]);
});

describe("a log", () => {
  const rows: readonly (readonly [string, readonly string[], string])[] = [
    ["keeps lines and tabs", ["a\tb\nc"], "a\tb\nc"],
    ["loses the carriage return of a line's end, also between chunks", ["a\r\nb\r", "\nc"], "a\nb\nc"],
    ["shows every other one", ["a\rb\r"], "a\\rb\\r"],
    ["shows escape sequences", ["\x1b[2Ja\u202e"], "\\x1b[2Ja\\u202e"],
  ];
  test.each(rows)("%s", (_, chunks, text) => {
    const decoder = createInertDecoder();
    expect(chunks.map((chunk) => decoder.write(Buffer.from(chunk))).join("") + decoder.end()).toBe(text);
  });

  test("holds a character that chunks cut in two", () => {
    const bytes = Buffer.from("é\u202e");
    const decoder = createInertDecoder();
    expect([...bytes].map((byte) => decoder.write(Uint8Array.of(byte))).join("") + decoder.end()).toBe("é\\u202e");
  });
});

const HOSTILE = "\x1b[31m\u202e\r\nx";
const PERSON = { display_name: HOSTILE };

test("pull requests, their comments and tasks are shown inert", () => {
  const one = {
    id: 1,
    state: "OPEN",
    title: HOSTILE,
    summary: { raw: HOSTILE },
    source: { branch: { name: HOSTILE } },
    destination: { branch: { name: "main" } },
    author: PERSON,
    participants: [
      { state: "approved", user: PERSON },
      { state: "constructor", user: PERSON },
    ],
  };
  const comment = { id: 2, user: PERSON, content: { raw: HOSTILE }, inline: { path: HOSTILE, to: 3 } };
  const task = { id: 4, state: "UNRESOLVED", creator: PERSON, content: { raw: HOSTILE } };
  const lines = [...renderPullRequests([one]), ...renderPullRequest(one, [comment], [task])];
  expect(lines).toHaveLength(2 + 5 + 5 + 5);
  for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(lines).toContain("    │ x");
});

test("answers of an unexpected shape are shown as far as they go", () => {
  for (const odd of [null, 1, "text", [], {}, { id: {}, participants: {}, source: null }]) {
    expect(renderPullRequest(odd, [], [])).toHaveLength(1);
  }
  expect(renderPullRequests([])).toEqual(["no pull request"]);
});

test("runs are a table, newest first as given", () => {
  expect(renderRuns([])).toEqual(["no run yet"]);
  const run = {
    id: "7f3a0000",
    state: "passed",
    selector: HOSTILE,
    repository: "demo/shop",
    details: {},
    createdAt: 0,
    startedAt: 0,
    endedAt: 1_500,
    exitCode: 0,
    owner: { pid: 1, startTime: 0 },
    cancelRequestedAt: null,
  } as const;
  const [head, row, ...more] = renderRuns([run]);
  expect(head).toMatch(/^run +state +pipeline +repository +started +took$/);
  expect(row).toMatch(/^7f3a0000 {2}passed {2}\\x1b\[31m\\u202e\\r\\nx {2}demo\/shop .* 1\.5 s$/);
  expect(more).toEqual([]);
});

test("doctor shows the fix below what is missing", () => {
  expect(
    renderProtections([
      { id: "git", available: true, detail: "git version 2.39.5", fix: null, required: true },
      { id: "bubblewrap", available: false, detail: "not found", fix: "apt-get install bubblewrap", required: true },
      { id: "cgroup", available: false, detail: "none", fix: "mount it", required: false },
    ]),
  ).toEqual([
    "✓ git         git version 2.39.5",
    "✗ bubblewrap  not found",
    "              fix: apt-get install bubblewrap",
    "– cgroup      none",
    "              optional: mount it",
  ]);
});
