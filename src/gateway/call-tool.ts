import type { CallToolResult } from "@modelcontextprotocol/server";
import { inert } from "../base/index.ts";
import type { Authority } from "../authority/index.ts";
import { callOf, operationById, type Denial, type Operation } from "../policy/index.ts";
import type { ForgeDoor } from "./forge-door.ts";
import type { Caller } from "./gateway.ts";
import { renderAnswer, renderDenial, toolError } from "./render-result.ts";
import { argumentFaults, type ArgumentSchema } from "./tool-schema.ts";
import type { Tool } from "./tool.ts";

const NAME_LENGTH = 80;
const SUMMARY_LENGTH = 160;

/** A tool with what is derived from it once. */
export type ReadyTool = Tool & { readonly schema: ArgumentSchema };

export type CallToolParts = {
  readonly authority: Authority;
  readonly door: ForgeDoor;
  readonly tools: ReadonlyMap<string, ReadyTool>;
};

/** One `tools/call`: find the tool, check the arguments, pass the gates, and say what came of it. */
export async function callTool(
  parts: CallToolParts,
  caller: Caller,
  name: string,
  args: Readonly<Record<string, unknown>>,
): Promise<CallToolResult> {
  const tool = parts.tools.get(name);
  if (tool === undefined) return renderDenial(await denyUnknown(parts.authority, caller, name));
  const parsed = tool.schema.safeParse(args);
  if (!parsed.success) {
    const faults = inert(argumentFaults(parsed.error));
    await recordInvalid(parts.authority, caller, `${tool.name} (${faults})`);
    return toolError(`Invalid arguments of ${tool.name}: ${faults}. Nothing was done.`);
  }
  const operation = operationFor(tool, parsed.data);
  const call = callOf(operation, caller.admission.grant.repository, parsed.data);
  const outcome = await parts.door.performForgeCall(caller, call, "mcp");
  return outcome.allowed ? renderAnswer(tool, outcome.result) : renderDenial(outcome.denial);
}

/** A call that says nothing valid is on record too, as the attempt that it was. */
async function recordInvalid(authority: Authority, { admission }: Caller, summary: string): Promise<void> {
  const operation = operationById("request.unlisted");
  const resource = { repository: admission.grant.repository, arguments: {} };
  const attempt = { operation, resource, door: "mcp" as const, summary: summary.slice(0, SUMMARY_LENGTH) };
  await authority.perform(admission.token.reveal(), attempt, () => Promise.resolve(null));
}

/** The narrowed operation when an argument that only it has is given. */
function operationFor(tool: Tool, args: Readonly<Record<string, unknown>>): Operation {
  const own = new Set(tool.operation.arguments.map(({ name }) => name));
  const narrows = tool.narrowed?.arguments.some(({ name }) => !own.has(name) && args[name] !== undefined) === true;
  return narrows && tool.narrowed !== null ? tool.narrowed : tool.operation;
}

/**
 * A tool that does not exist is denied and recorded as one that may not be called, so that guessing names teaches nothing
 * (design, rule 5: what has no line is closed).
 */
async function denyUnknown(authority: Authority, { admission }: Caller, name: string): Promise<Denial> {
  const shown = inert(name.slice(0, NAME_LENGTH));
  // An agent's own tools (`grep`) may have an `allow` line; it must not make a tool of that name appear here.
  const tool = Object.hasOwn(admission.grant.tools.tools, shown) ? `${shown} of the bitbucket server` : shown;
  const operation: Operation = { ...operationById("repository.get"), id: "tool.unknown", tool, scopes: [], rest: null };
  const resource = { repository: admission.grant.repository, arguments: {} };
  const attempt = { operation, resource, door: "mcp" as const, summary: shown };
  const outcome = await authority.perform(admission.token.reveal(), attempt, () => Promise.resolve(null));
  if (!outcome.allowed) return outcome.denial;
  return {
    allow: false,
    gate: "tool",
    reason: `${tool} is denied to this agent`,
    needs: { change: "nothing opens it" },
  };
}
