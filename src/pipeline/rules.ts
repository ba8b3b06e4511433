import type { Severity } from "../base/index.ts";

/** One thing that reading a pipeline file can find. The id is also the name in docs, fixtures and configuration. */
export type Rule = { readonly id: string; readonly severity: Severity; readonly meaning: string };

/**
 * Every rule of the reader. An `error` makes the file (or, for the last group, the selected pipeline) unusable.
 * Adding a rule is adding a row here.
 */
export const RULES = [
  // The text and its YAML (attack 36).
  { id: "file-too-large", severity: "error", meaning: "the file is over 1 MiB" },
  { id: "not-utf8", severity: "error", meaning: "the bytes of the file are not UTF-8" },
  {
    id: "control-character",
    severity: "error",
    meaning: "a character that no text has: NUL, another control, half a surrogate pair",
  },
  {
    id: "hidden-character",
    severity: "warning",
    meaning: "a character that a reviewer cannot see, or that reorders what a reviewer sees",
  },
  { id: "yaml-syntax", severity: "error", meaning: "the text is not YAML" },
  { id: "yaml-directive", severity: "error", meaning: "a % line changes how the file is read" },
  { id: "empty-file", severity: "error", meaning: "the file has no content" },
  { id: "multiple-documents", severity: "error", meaning: "a second YAML document follows the first" },
  { id: "too-deep", severity: "error", meaning: "lists and maps are nested over 100 deep, aliases counted" },
  {
    id: "too-many-nodes",
    severity: "error",
    meaning: "the file has over 100,000 nodes once aliases and merge keys are expanded",
  },
  { id: "scalar-too-long", severity: "error", meaning: "one value is over 65,536 characters" },
  { id: "duplicate-key", severity: "error", meaning: "a map has the same key twice" },
  { id: "bad-key", severity: "error", meaning: "a key is empty, a list, a map or an alias" },
  { id: "unknown-tag", severity: "error", meaning: "a ! tag other than the plain types of YAML" },
  { id: "unknown-alias", severity: "error", meaning: "an alias has no anchor before it" },
  { id: "recursive-alias", severity: "error", meaning: "an alias stands inside the anchor that it names" },
  { id: "too-many-findings", severity: "info", meaning: "the file has over 1,000 findings; the rest is left out" },
  { id: "bad-merge", severity: "error", meaning: "a merge key `<<` has something other than maps" },
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
