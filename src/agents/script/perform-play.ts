import { fillIn, fillInValue, savedText } from "./fill-in.ts";
import type { CallStep, Play, PlayStep, PushStep, ShellStep, WhenStep } from "./play.ts";
import { pushFiles } from "./push-files.ts";
import { runCommand } from "./run-command.ts";
import { createToolClient, type ToolAnswer, type ToolClient } from "./tool-client.ts";

/** Where a play is performed. */
export type Stage = {
  /** The gateway's address. */
  readonly gateway: URL;
  readonly workspace: string;
  /** Prints one line. */
  readonly print: (line: string) => void;
};

type Performance = Stage & { readonly client: ToolClient; readonly saved: Map<string, string> };

/** What came of a step: `text` is saved and shown, shortened. */
type Outcome = ToolAnswer;

const LINE_LENGTH = 120;
/** What a saved text may have as an environment variable: one string of `execve` ends at 128 KiB. */
const VARIABLE_LENGTH = 100_000;

/**
 * Performs the steps in order and prints one line for each. A failure ends the play only where its step says so.
 * True: it went to its end.
 */
export async function performPlay(play: Play, stage: Stage): Promise<boolean> {
  const client = createToolClient(stage.gateway);
  try {
    return await performSteps(play.steps, { ...stage, client, saved: new Map() });
  } finally {
    await client.close();
  }
}

async function performSteps(steps: readonly PlayStep[], performance: Performance): Promise<boolean> {
  for (const step of steps) {
    const goesOn = await performStep(step, performance);
    if (!goesOn) return false;
  }
  return true;
}

async function performStep(step: PlayStep, performance: Performance): Promise<boolean> {
  if ("when" in step) return await performWhen(step, performance);
  if ("say" in step) {
    performance.print(attempted(() => fillIn(step.say, performance.saved)));
    return true;
  }
  const [name, outcome] = await performAct(step, performance);
  const shown = shorten(outcome.text);
  performance.print(`${outcome.ok ? "✓" : "✗"} ${name}${shown === "" ? "" : `: ${shown}`}`);
  if ("save" in step && step.save !== undefined) performance.saved.set(step.save, outcome.text);
  return outcome.ok || step["stop-on-failure"] !== true;
}

async function performAct(
  step: CallStep | ShellStep | PushStep,
  performance: Performance,
): Promise<readonly [name: string, Outcome]> {
  if ("call" in step) return [step.call, await caught(() => performCall(step, performance))];
  if ("shell" in step) return [`sh ${shorten(step.shell, 60)}`, await caught(() => performShell(step, performance))];
  return [
    `push ${attempted(() => fillIn(step.push.branch, performance.saved))}`,
    await caught(() => performPush(step, performance)),
  ];
}

async function performWhen({ when, steps }: WhenStep, performance: Performance): Promise<boolean> {
  const text = performance.saved.get(when.saved) ?? "";
  if (!text.includes(when.contains)) return true;
  performance.print(`! ${when.saved} says "${shorten(when.contains, 60)}"`);
  return await performSteps(steps, performance);
}

async function performCall(step: CallStep, { client, gateway, saved }: Performance): Promise<Outcome> {
  const args = Object.fromEntries(
    Object.entries(step.with ?? {}).map(([name, value]) => [name, fillInValue(value, saved)]),
  );
  if (step["second-client"] !== true) return await client.call(step.call, args);
  const second = createToolClient(gateway);
  try {
    return await second.call(step.call, args);
  } finally {
    await second.close();
  }
}

/** Saved texts reach the shell as variables, so that what they hold is never read as shell. */
async function performShell(step: ShellStep, { saved, workspace }: Performance): Promise<Outcome> {
  const variables: Record<string, string> = {};
  const command = step.shell.replaceAll(/\$\{saved\.([a-z][a-z0-9_]*)\}/gu, (_whole, name: string) => {
    const text = savedText(name, saved).replaceAll("\0", "");
    variables[`SAVED_${name}`] = text.slice(0, VARIABLE_LENGTH);
    return `\${SAVED_${name}}`;
  });
  const { code, output } = await runCommand(["/bin/sh", "-c", command], workspace, variables);
  return { ok: code === 0, text: code === 0 ? output : `exit ${code} ${output}` };
}

async function performPush({ push }: PushStep, { saved, workspace }: Performance): Promise<Outcome> {
  const files = Object.fromEntries(Object.entries(push.files ?? {}).map(([path, text]) => [path, fillIn(text, saved)]));
  const result = await pushFiles(workspace, fillIn(push.branch, saved), files, fillIn(push.message, saved));
  return { ok: result.code === 0, text: result.code === 0 ? "pushed" : result.output };
}

async function caught(act: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await act();
  } catch (error) {
    return { ok: false, text: messageOf(error) };
  }
}

function attempted(make: () => string): string {
  try {
    return make();
  } catch (error) {
    return `✗ ${messageOf(error)}`;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** One line; of text in the gateway's frame, what is in the frame. */
function shorten(text: string, length = LINE_LENGTH): string {
  const framed = /^===== untrusted \w+ begins =====$(?<inside>[^]*)^===== untrusted \w+ ends =====$/mu.exec(text);
  const line = (framed?.groups?.["inside"] ?? text).replaceAll(/\s+/gu, " ").trim();
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}
