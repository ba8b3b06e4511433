import { inert } from "../base/index.ts";
import type { Denial } from "../policy/index.ts";

/** A denial in one sentence: the gate, why, and what would have to change (design, rule 11). */
export function explainDenial(denial: Denial): string {
  const { gate, reason, needs } = denial;
  const change = needs.change === undefined ? "" : ` To change that: ${needs.change}.`;
  return inert(`Denied by the ${gate} gate: ${reason}.${change}`);
}

/** Text from a request, cut and made safe for the ledger and a terminal. */
export function summarize(text: string): string {
  const shown = inert(text);
  return shown.length <= 200 ? shown : `${shown.slice(0, 199)}…`;
}
