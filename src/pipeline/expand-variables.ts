import type { ArgumentRule, ToolPermissions, ToolRule } from "../policy/index.ts";
import type { AgentDefinition, PipelineVariable } from "./plan.ts";

const REFERENCE = /\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})/g;

/**
 * Replaces `$NAME` and `${NAME}` for Bitbucket's own variables and those that the pipeline declares, once: a value is
 * never expanded again. Every other reference, and one without a value, stays as written, so that no other variable
 * (a secured one, say) reaches a prompt (H6). Tokens are never expanded.
 */
export function expandVariables(
  text: string,
  variables: Readonly<Record<string, string>>,
  declared: readonly PipelineVariable[] = [],
): string {
  return text.replace(REFERENCE, (written, bare: string | undefined, braced: string | undefined) => {
    const name = bare ?? braced ?? "";
    const known = /^BITBUCKET_(?!.*_TOKEN$)/.test(name) || declared.some((variable) => variable.name === name);
    return known && Object.hasOwn(variables, name) ? (variables[name] ?? written) : written;
  });
}

/** An agent with the variables of a run in its prompt and its argument pins. */
export function expandAgent(
  agent: AgentDefinition,
  variables: Readonly<Record<string, string>>,
  declared: readonly PipelineVariable[] = [],
): AgentDefinition {
  return {
    ...agent,
    prompt: agent.prompt === null ? null : expandVariables(agent.prompt, variables, declared),
    toolPermissions: expandPermissions(agent.toolPermissions, variables, declared),
  };
}

/** The same for permissions that come from a provider's configuration file. */
export function expandPermissions(
  permissions: ToolPermissions,
  variables: Readonly<Record<string, string>>,
  declared: readonly PipelineVariable[] = [],
): ToolPermissions {
  const expand = (text: string): string => expandVariables(text, variables, declared);
  const tools = Object.entries(permissions.tools).map(([name, rule]) => [name, expandRule(rule, expand)] as const);
  return { ...permissions, tools: Object.fromEntries(tools) };
}

function expandRule(rule: ToolRule, expand: (text: string) => string): ToolRule {
  if (rule.arguments === undefined) return rule;
  const pins = Object.entries(rule.arguments).map(([name, pin]) => [name, expandPin(pin, expand)] as const);
  return { ...rule, arguments: Object.fromEntries(pins) };
}

function expandPin(pin: ArgumentRule, expand: (text: string) => string): ArgumentRule {
  if ("equals" in pin) return typeof pin.equals === "string" ? { equals: expand(pin.equals) } : pin;
  return "glob" in pin ? { glob: expandGlob(pin.glob, expand) } : pin;
}

/** A value is text, not a pattern: a branch called `{a,b}` must not widen the pin, so such a reference stays and matches nothing. */
function expandGlob(glob: string, expand: (text: string) => string): string {
  return glob.replace(REFERENCE, (written) => {
    const value = expand(written);
    return /[*?{}[\]\\!]/.test(value) && value !== written ? written : value;
  });
}
