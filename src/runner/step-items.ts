import type { Bind } from "../box/index.ts";
import type { AgentDefinition, Step } from "../pipeline/index.ts";
import { intersectPermissions, type ToolPermissions } from "../policy/index.ts";
import { boxEnvironment, NODE, originOf, stepVariables, type GitIdentity } from "./environment.ts";
import { cloneGrant, grantFor, type StepAuthority } from "./grants.ts";
import { launchOf, readAgent } from "./read-agent.ts";
import type { RunContext } from "./run-context.ts";
import type { PreparedItem } from "./run-item.ts";
import { NOTHING_TO_RESTORE, restoreInstructions } from "./restore-instructions.ts";
import { cloneScript, SCRIPT_PATH, shellScript } from "./shell-script.ts";

/** A step on its way to items. */
export type StepContext = {
  readonly context: RunContext;
  readonly step: Step;
  readonly authority: StepAuthority;
  /** `max-time`, or less where policy says so. */
  readonly minutes: number;
};

/** Builds the items of a step's script one after the other: consecutive shell lines are one item, each agent is one. */
export async function* scriptItems(stepContext: StepContext): AsyncGenerator<PreparedItem> {
  const { step } = stepContext;
  const seen: ToolPermissions[] = [];
  let lines: string[] = [];
  let count = 0;
  for (const part of step.script) {
    if (part.kind === "shell") {
      lines.push(part.command);
      continue;
    }
    if (lines.length > 0) yield shellItem(stepContext, `${step.number}-${(count += 1)}-shell`, lines, seen);
    lines = [];
    const { item, tools } = await agentItem(stepContext, `${step.number}-${(count += 1)}-agent`, part.agent);
    yield item;
    seen.push(tools);
  }
  if (lines.length > 0) yield shellItem(stepContext, `${step.number}-${count + 1}-shell`, lines, seen);
}

/** How many boxes a step needs when all goes well. */
export function countBoxes(step: Step): number {
  const kinds = step.script.map(({ kind }) => kind);
  const script = kinds.filter((kind, index) => kind === "agent" || kinds[index - 1] !== "shell").length;
  return script + [step.clone.enabled, step.afterScript.length > 0, step.artifacts.length > 0].filter(Boolean).length;
}

/** Shell lines; after agents, under the intersection of what those agents may do. */
function shellItem(
  stepContext: StepContext,
  item: string,
  lines: readonly string[],
  after: readonly ToolPermissions[],
): PreparedItem {
  const { context, authority } = stepContext;
  return {
    kind: "shell",
    grant: grantFor(authority, { item, agent: null, tools: intersectPermissions(after), models: [] }),
    argv: ["/bin/bash", SCRIPT_PATH],
    environment: environmentOf(stepContext, personOf(context)),
    files: [{ path: SCRIPT_PATH, content: shellScript(lines) }],
    binds: [NODE],
  };
}

/** The clone, made in a box of its own under implicit read. */
export function cloneItem(stepContext: StepContext): PreparedItem {
  const { context, step, authority } = stepContext;
  const { repository, commit, branch, instructions } = context.prepared;
  const origin = originOf(repository);
  const clone = cloneScript({ origin, commit, branch, depth: step.clone.depth });
  const restore = instructions === null ? NOTHING_TO_RESTORE : restoreInstructions(instructions, origin);
  return {
    kind: "clone",
    grant: cloneGrant(authority, `${step.number}-clone`),
    argv: ["/bin/bash", SCRIPT_PATH],
    environment: environmentOf(stepContext, personOf(context)),
    files: [{ path: SCRIPT_PATH, content: `${clone}${restore.script}` }, ...restore.files],
    binds: [NODE],
  };
}

/** After-script: a new box on the same workspace, under what the whole step leaves (design, section 2). */
export async function afterScriptItem(stepContext: StepContext, exitCode: number): Promise<PreparedItem> {
  const { step } = stepContext;
  const written = step.script.flatMap((part) => (part.kind === "agent" ? [part.agent] : []));
  const agents = await Promise.all(
    written.map(async (agent) => (await readAgent({ ...stepContext.context, step }, agent)).tools),
  );
  const item = shellItem(
    stepContext,
    `${step.number}-after`,
    step.afterScript.map(({ command }) => command),
    agents,
  );
  return { ...item, kind: "after-script", environment: { ...item.environment, BITBUCKET_EXIT_CODE: String(exitCode) } };
}

/** A script that moves artifacts, in a box without any more than implicit read. */
export function artifactItem(
  stepContext: StepContext,
  item: string,
  script: string,
  binds: readonly Bind[],
): PreparedItem {
  const { context, authority, step } = stepContext;
  return {
    kind: "artifacts",
    grant: cloneGrant(authority, `${step.number}-${item}`),
    argv: ["/bin/bash", SCRIPT_PATH],
    environment: environmentOf(stepContext, personOf(context)),
    files: [{ path: SCRIPT_PATH, content: script }],
    binds,
  };
}

async function agentItem(stepContext: StepContext, item: string, written: AgentDefinition) {
  const { context, authority, step } = stepContext;
  const place = { ...context, step };
  const read = await readAgent(place, written);
  const { agent, tools } = read;
  const provider = context.workplace.agents[agent.provider];
  const launch = await launchOf(place, read);
  const agentPart: PreparedItem = {
    kind: "agent",
    grant: grantFor(authority, {
      item,
      agent: agent.name,
      tools,
      models: provider.model === null ? [] : [provider.model],
    }),
    argv: launch.argv,
    environment: { ...environmentOf(stepContext, identityOf(agent, context)), ...launch.environment },
    files: launch.files,
    binds: [NODE, ...launch.binds.map((bind) => ({ ...bind, writable: false }))],
  };
  return { item: agentPart, tools };
}

function environmentOf({ context, step }: StepContext, author: GitIdentity): Record<string, string> {
  return {
    ...stepVariables(context.facts, step.number),
    ...boxEnvironment(author, { hasAgent: step.script.some(({ kind }) => kind === "agent") }),
  };
}

function identityOf(agent: AgentDefinition, { run }: RunContext): GitIdentity {
  return { name: `${agent.name} (Sallyport run ${run})`, email: `${agent.name}@agents.sallyport.invalid` };
}

function personOf({ run }: RunContext): GitIdentity {
  return { name: `Sallyport run ${run}`, email: "step@agents.sallyport.invalid" };
}
