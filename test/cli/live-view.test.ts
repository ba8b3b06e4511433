import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { createLiveView } from "../../src/cli/view/live-view.ts";

const STEP = {
  type: "step-started",
  step: 1,
  name: "a\x1b[2Jb",
  box: "bwrap",
  scopes: [],
  maxTime: 10,
  agents: [],
  notes: [],
} as const;
const ENDED = {
  type: "step-ended",
  step: 1,
  state: "passed",
  reason: null,
  seconds: 1,
  allowed: 0,
  denied: 0,
} as const;

/** What is on the screen: a carriage return with the erasing of its line starts the line anew. */
function screen(written: string): string {
  return written
    .split("\n")
    .map((line) => line.split("\r\x1b[2K").at(-1))
    .join("\n");
}

test("the line of what goes on is redrawn below the others, fits the terminal, and is gone at the end", async () => {
  const written: string[] = [];
  const view = createLiveView({ columns: 30, write: (text) => written.push(text) }, false);
  view.show(STEP);
  view.show({ type: "item-started", step: 1, item: "shell-1", kind: "shell" });
  const before = written.length;
  while (written.length === before) await sleep(20);
  const [, last = ""] = screen(written.join("")).split("\n");
  expect(last).toMatch(/^. 1 a\\x1b\[2Jb · shell · 0\.\d/);
  expect([...last].length).toBeLessThan(30);

  view.show({ type: "output", step: 1, item: "shell-1", text: "hello\n" });
  view.show(ENDED);
  view.say("stopping");
  view[Symbol.dispose]();
  const text = screen(written.join(""));
  expect(text).toMatch(/^1 a\\x1b\[2Jb {3}bwrap .*\n {2}│ hello\nstopping\n$/);
  expect(written.join("").replaceAll("\r\x1b[2K", "")).not.toContain("\x1b");
});

test("colour is SGR around the same words", () => {
  const written: string[] = [];
  const view = createLiveView({ columns: 0, write: (text) => written.push(text) }, true);
  view.show(STEP);
  view.show({ ...ENDED, state: "failed", reason: "exit code 1" });
  view.show({ type: "run-ended", run: "7f3a0000", state: "failed", ledgerEntries: 3, ledgerVerified: true });
  view[Symbol.dispose]();
  expect(written.join("")).toContain("\x1b[31mfailed\x1b[0m after 1.0 s: exit code 1");
});
