import { setTimeout as sleep } from "node:timers/promises";
import { inert, SallyportError } from "../../base/index.ts";
import type { RunStep, RunStore } from "../../runs/index.ts";
import type { Arguments } from "../arguments.ts";
import type { Session } from "../command.ts";
import type { Output } from "../output.ts";
import { readNumber } from "../read-choice.ts";
import { createInertDecoder } from "../view/inert-decoder.ts";
import { withWorkplace } from "../with-workplace.ts";

/** Milliseconds between looks for a new step. */
const INTERVAL = 100;

/** `sallyport logs RUN [STEP]`: output on standard output, the name of each step on standard error. */
export async function logs(args: Arguments, session: Session): Promise<number> {
  const [text = "", stepText] = args.positionals;
  const step = stepText === undefined ? null : readNumber("STEP", stepText);
  const { output } = session;
  return await withWorkplace(session, async ({ runs }) => {
    const { id } = await runs.find(text);
    if (args.flag("follow")) await followSteps(runs, id, step, output);
    else await printSteps(runs, id, step, output);
    return 0;
  });
}

async function printSteps(runs: RunStore, run: string, step: number | null, output: Output): Promise<void> {
  const all = await runs.steps(run);
  const wanted = all.filter(({ number }) => step === null || number === step);
  if (wanted.length === 0 && step !== null) {
    throw new SallyportError("not-found", `run ${run} has no step ${step}; it has had ${all.length}.`);
  }
  for (const one of wanted) {
    announce(one, output);
    await printLog(runs.readLog(run, one.number), output);
  }
}

async function followSteps(runs: RunStore, run: string, step: number | null, output: Output): Promise<void> {
  for (let next = step ?? 1; !output.closed;) {
    // Asked before the steps: one that starts in between is then found in the next round.
    const { endedAt } = await runs.get(run);
    const started = (await runs.steps(run)).find(({ number }) => number === next);
    if (started === undefined) {
      if (endedAt !== null) return;
      await sleep(INTERVAL);
      continue;
    }
    announce(started, output);
    await printLog(runs.followLog(run, next), output);
    if (step !== null) return;
    next += 1;
  }
}

function announce({ number, name }: RunStep, output: Output): void {
  output.progress(inert(`step ${number} ${name}`));
}

async function printLog(chunks: AsyncIterable<Buffer>, output: Output): Promise<void> {
  const decoder = createInertDecoder();
  for await (const chunk of chunks) {
    output.raw(decoder.write(chunk));
    if (output.closed) return;
  }
  output.raw(decoder.end());
}
