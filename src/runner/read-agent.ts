import { toolPermissionsOf, type AgentLaunch } from "../agents/index.ts";
import { expandAgent, expandPermissions, type AgentDefinition, type Step } from "../pipeline/index.ts";
import type { ToolPermissions } from "../policy/index.ts";
import { CLONE_DIRECTORY, DOOR, stepVariables } from "./environment.ts";
import type { RunContext } from "./run-context.ts";

/** Where an agent stands: its step, and the run as far as an agent depends on it. */
export type AgentPlace = Pick<RunContext, "workplace" | "facts" | "prepared"> & { readonly step: Step };

/** An agent with its variables filled in, and its permissions from every layer. */
export type ReadAgent = {
  readonly agent: AgentDefinition;
  readonly tools: ToolPermissions;
  readonly readFile: (path: string) => Promise<string | null>;
};

/** Reads an agent's configuration from the commit that steers it: the same for its item and for what comes after. */
export async function readAgent(place: AgentPlace, written: AgentDefinition): Promise<ReadAgent> {
  const { workplace, facts, prepared, step } = place;
  const variables = stepVariables(facts, step.number);
  const readFile = async (path: string): Promise<string | null> =>
    (await workplace.forge.readFile(prepared.repository, prepared.steeringCommit(path), path))?.toString("utf8") ??
    null;
  const config = written.configPath === null ? null : await readFile(written.configPath);
  const tools = expandPermissions(await toolPermissionsOf(written, config), variables, step.variables);
  return { agent: expandAgent(written, variables, step.variables), readFile, tools };
}

/** How its provider would start it. Throws what the provider refuses. */
export function launchOf({ workplace }: AgentPlace, { agent, readFile }: ReadAgent): Promise<AgentLaunch> {
  const { prompt, provider } = agent;
  return workplace.agents[provider].prepare({ agent, prompt, readFile, workspace: CLONE_DIRECTORY, door: DOOR });
}

/** Refuses a run before it starts when one of its agents could not be started: a play that is missing, a program that is not there. */
export async function checkAgents({ workplace, facts, prepared }: Omit<AgentPlace, "step">): Promise<void> {
  for (const step of prepared.plan.steps) {
    for (const part of step.script) {
      if (part.kind !== "agent") continue;
      const place = { workplace, facts, prepared, step };
      await launchOf(place, await readAgent(place, part.agent));
    }
  }
}
