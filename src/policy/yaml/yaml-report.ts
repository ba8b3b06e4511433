import { inert } from "../../base/index.ts";
import type { YamlRuleId } from "./yaml-rules.ts";

/** Where the readers of YAML say what they find. `offset` counts UTF-16 code units from the start of the text. */
export type YamlReport = {
  /** `message` says what is wrong, `fix` what to do, each one sentence without a full stop. */
  add(rule: YamlRuleId, offset: number, message: string, fix: string): void;
  hasErrors(): boolean;
};

const SHOWN = 60;

/** Text from the file as a message may show it: in quotes, inert, at most 60 characters. */
export function quoted(text: string): string {
  const characters = Array.from(text.slice(0, SHOWN * 2));
  const shown = characters.slice(0, SHOWN).join("");
  return `"${inert(shown)}${shown.length < text.length ? "…" : ""}"`;
}
