import type { Severity } from "../../base/index.ts";

/** One thing that reading a file can find. */
export type YamlRule = { readonly id: string; readonly severity: Severity; readonly meaning: string };

/** What can be wrong with a text and its YAML, whatever the file is about (attack 36). */
export const YAML_RULES = [
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
] as const satisfies readonly YamlRule[];

export type YamlRuleId = (typeof YAML_RULES)[number]["id"];
