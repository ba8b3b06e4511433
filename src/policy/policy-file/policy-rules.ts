import { YAML_RULES, type YamlRule } from "../yaml/yaml-rules.ts";

/** Everything that reading a policy file can find. Adding a rule is adding a row here. */
export const POLICY_FILE_RULES = [
  ...YAML_RULES,
  { id: "unknown-key", severity: "error", meaning: "a key that means nothing at this place" },
  { id: "wrong-value", severity: "error", meaning: "a value that the key does not take" },
  { id: "server-kind", severity: "error", meaning: "a server has neither or both of url and command" },
  { id: "override-widens", severity: "error", meaning: "the rules of a repository allow what the file does not" },
] as const satisfies readonly YamlRule[];

export type PolicyFileRuleId = (typeof POLICY_FILE_RULES)[number]["id"];
