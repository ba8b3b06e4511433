import type { Step } from "../pipeline/index.ts";
import { withheldArtifacts } from "./artifacts.ts";
import { stepGrant } from "./grants.ts";
import { noteInstructionFiles } from "./instruction-files.ts";
import type { StepContext } from "./step-items.ts";

/** Lines of a difference that the view shows; `show RUN` has them all. */
const FIRST_LINES = 8;

/** Says that a step starts and what the one who started the run should know of it. Returns the notes in full, for the ledger. */
export function announceStep(stepContext: StepContext, earlier: readonly Step[]): readonly string[] {
  const { context, step, authority, minutes } = stepContext;
  const { prepared, workplace, emit } = context;
  const { diff = [], reason } = prepared.unreviewed.get(step.number) ?? {};
  const others = notesOf(stepContext, earlier);
  const why = reason === undefined ? [] : [reason];
  const shown =
    diff.length <= FIRST_LINES ? diff : [...diff.slice(0, FIRST_LINES), `… sallyport show ${context.run} has the rest`];
  emit({
    type: "step-started",
    step: step.number,
    name: nameOf(step, prepared.plan.selector),
    box: workplace.boxes.name,
    scopes: stepGrant(authority).scopes,
    maxTime: minutes,
    agents: step.script.flatMap((part) =>
      part.kind === "agent" ? [`${part.agent.name} (${part.agent.provider})`] : [],
    ),
    notes: [...why, ...shown, ...others],
  });
  return [...why, ...diff, ...others];
}

function notesOf({ context, step, authority }: StepContext, earlier: readonly Step[]): readonly string[] {
  const { plan, taints, instructions } = context.prepared;
  const { cuts = [] } = stepGrant(authority);
  const from = taints.get(step.number)?.from ?? [];
  // What stands for the whole file is said once, with the first step.
  const ignored = [...(step === plan.steps[0] ? plan.ignored : []), ...step.ignored];
  return [
    ...(ignored.length === 0 ? [] : [`without effect in this version: ${[...new Set(ignored)].join(", ")}`]),
    ...(from.length === 0
      ? []
      : [`tainted by artifacts of step ${from.join(" and ")}, in which an agent had a part (rule 10)`]),
    ...cuts.map(({ policy, what }) => `${policy} takes away: ${what}`),
    ...withheldArtifacts(step, earlier, taints),
    ...(step.clone.enabled ? noteInstructionFiles(instructions) : []),
  ];
}

/** A step without a name is called after its pipeline. */
export function nameOf(step: Step, selector: string): string {
  return step.name ?? selector.replace(/^custom\//u, "");
}
