import { type MapNode, nearestName, type Node, quoted } from "../policy/index.ts";
import { mergeAgent } from "./agent-layer.ts";
import type { AgentDefinition, AgentItem, ScriptItem, ShellItem } from "./plan.ts";
import { AGENT_KEYS, readAgentLayer } from "./read-agents.ts";
import { block, type ReadContext } from "./read-context.ts";
import { readFullList, readKnownMap, readText, wrongType } from "./read-field.ts";
import { normalisePath, reportPath } from "./read-path.ts";

/** The items of a `script`: shell lines and agents. A pipe blocks the pipeline and is left out. */
export function readScript(context: ReadContext, node: Node): readonly ScriptItem[] {
  const items = readFullList(context.report, node, "script")?.items ?? [];
  return items.map((item) => readScriptItem(context, item, "script")).filter((item) => item !== undefined);
}

/** The same for `after-script`, where no agent may stand: it runs whatever became of the step. */
export function readAfterScript(context: ReadContext, node: Node): readonly ShellItem[] {
  const { report } = context;
  const items: ShellItem[] = [];
  for (const item of readFullList(report, node, "after-script")?.items ?? []) {
    if (item.kind === "map" && item.entries.has("agent")) {
      const fix = "move it to the script, or to a step of its own";
      report.add("agent-in-after-script", item.offset, "an agent stands in an after-script", fix);
      continue;
    }
    const read = readScriptItem(context, item, "after-script");
    if (read?.kind === "shell") items.push(read);
  }
  return items;
}

function readScriptItem(context: ReadContext, node: Node, what: string): ScriptItem | undefined {
  const { report } = context;
  if (node.kind === "map" && node.entries.has("agent")) return readAgentItem(context, node);
  if (node.kind === "map" && node.entries.has("pipe")) return readPipe(context, node);
  if (node.kind === "map") {
    const wanted = "a shell line, or a map with `agent` or `pipe`; a line with `: ` or ` #` in it needs quotes";
    return wrongType(report, node, `an item of ${what}`, wanted);
  }
  if (node.kind === "scalar" && node.value === null) {
    report.add(
      "empty-line",
      node.offset,
      `an item of ${what} is empty`,
      "remove the dash, or quote a line that starts with #",
    );
    return undefined;
  }
  const command = readText(report, node, `an item of ${what}`);
  return command === undefined ? undefined : { kind: "shell", command, position: report.positionOf(node.offset) };
}

function readPipe(context: ReadContext, node: MapNode): undefined {
  const entries = readKnownMap(context.report, node, "a pipe", ["pipe", "variables", "name"]);
  const pipe = entries?.get("pipe");
  const name = pipe === undefined ? undefined : readText(context.report, pipe.value, "pipe");
  if (name === undefined) return;
  block(
    context,
    node.offset,
    `the pipe ${quoted(name)} needs containers, which are not available yet`,
    "replace it with shell lines",
  );
}

function readAgentItem(context: ReadContext, node: MapNode): AgentItem | undefined {
  const { report } = context;
  const entries = readKnownMap(report, node, "an agent item", ["agent", ...AGENT_KEYS]) ?? new Map();
  const layer = readAgentLayer(report, entries);
  const definition = findAgent(context, node);
  if (definition === undefined) return undefined;
  const agent = mergeAgent(definition, layer);
  checkAgent(context, node.offset, agent);
  return { kind: "agent", agent, position: report.positionOf(node.offset) };
}

function findAgent({ report, agents }: ReadContext, node: MapNode): AgentDefinition | undefined {
  const entry = node.entries.get("agent");
  const name = entry === undefined ? undefined : readText(report, entry.value, "agent");
  if (entry === undefined || name === undefined) return undefined;
  const agent = agents.get(name);
  if (agent === undefined) {
    const near = nearestName(name, agents.keys());
    const names = [...agents.keys()].map(quoted).join(", ");
    const fix = near === undefined ? "define it under definitions.agents" : `did you mean ${near}?`;
    report.add("unknown-agent", entry.value.offset, `there is no agent ${quoted(name)}; the file has ${names}`, fix);
  }
  return agent;
}

/** What can be said only once the layers are merged. */
function checkAgent({ report }: ReadContext, offset: number, agent: AgentDefinition): void {
  if (agent.provider === "script") {
    const play = agent.overrides["script"];
    if (play !== undefined && (typeof play !== "string" || normalisePath(play) === undefined)) {
      reportPath(report, offset, typeof play === "string" ? play : "no text", "overrides.script");
    }
  } else if (agent.prompt === null && agent.skill === null) {
    const fix = "add a prompt, here or in its definition";
    report.add("agent-without-prompt", offset, `the agent ${quoted(agent.name)} has neither prompt nor skill`, fix);
  }
}
