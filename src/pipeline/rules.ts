import { YAML_RULES, type YamlRule } from "../policy/index.ts";

/** One thing that reading a pipeline file can find. The id is also the name in docs, fixtures and configuration. */
export type Rule = YamlRule;

/**
 * Every rule of the reader. An `error` makes the file (or, for the last group, the selected pipeline) unusable.
 * Adding a rule is adding a row here.
 */
export const RULES = [
  ...YAML_RULES,
  // The pipeline language.
  { id: "unknown-key", severity: "error", meaning: "a key that means nothing at this place" },
  { id: "missing-key", severity: "error", meaning: "a key that must be there is not" },
  { id: "wrong-type", severity: "error", meaning: "a value of another kind than the key takes" },
  { id: "out-of-range", severity: "error", meaning: "a number or a text beyond its limits" },
  { id: "too-many-steps", severity: "error", meaning: "a pipeline has over 100 steps" },
  { id: "unknown-scope", severity: "error", meaning: "an entry of auth.system.scopes that a step cannot have" },
  {
    id: "variable-name",
    severity: "error",
    meaning: "a declared variable has a name that is not one, is reserved, or is declared twice",
  },
  { id: "variable-default", severity: "error", meaning: "a variable's default is not among its allowed values" },
  {
    id: "artifact-outside",
    severity: "warning",
    meaning: "an artifact's path leaves the clone directory and is never kept",
  },
  { id: "empty-line", severity: "warning", meaning: "an item of a script is empty" },
  // Agents.
  {
    id: "agent-name",
    severity: "error",
    meaning: "an agent's name is not letters, digits, dots, dashes and underscores",
  },
  {
    id: "agent-path",
    severity: "error",
    meaning: "a file that steers an agent is not a plain path below the clone directory",
  },
  { id: "agent-in-after-script", severity: "error", meaning: "an agent stands in an after-script" },
  { id: "agent-without-prompt", severity: "error", meaning: "an agent has neither prompt nor skill" },
  { id: "prompt-and-skill", severity: "error", meaning: "an agent has both prompt and skill" },
  { id: "prompt-too-long", severity: "error", meaning: "an inline prompt is over 2,000 characters" },
  { id: "unknown-agent", severity: "error", meaning: "a script names an agent that the file does not define" },
  { id: "unknown-provider", severity: "error", meaning: "a provider that does not exist" },
  { id: "unknown-permission", severity: "error", meaning: "a tool permission other than allow, ask and deny" },
  // The selected pipeline.
  { id: "bad-selector", severity: "error", meaning: "the selector has none of the known forms" },
  { id: "no-such-pipeline", severity: "error", meaning: "the file has no pipeline that the selector names" },
  {
    id: "not-available-yet",
    severity: "error",
    meaning: "the selected pipeline uses a part of the language that cannot run yet",
  },
] as const satisfies readonly Rule[];

export type RuleId = (typeof RULES)[number]["id"];
