import { matchGlob } from "./match-glob.ts";
import type { ArgumentRule } from "./tool-permissions.ts";

/** Why an argument breaks its rule, or null when it keeps it. An argument that is missing breaks every pin (design, rule 8). */
export function argumentFault(name: string, value: unknown, rule: ArgumentRule): string | null {
  if ("maxLength" in rule) {
    if (value === undefined) return null;
    return typeof value === "string" && value.length <= rule.maxLength
      ? null
      : `${name} may have at most ${rule.maxLength} characters`;
  }
  if ("equals" in rule) {
    return typeof value === typeof rule.equals || typeof value === "number" || typeof value === "string"
      ? String(value) === String(rule.equals)
        ? null
        : `${name} must be ${String(rule.equals)}`
      : `${name} must be ${String(rule.equals)}`;
  }
  return typeof value === "string" && matchGlob(rule.glob, value) ? null : `${name} must match ${rule.glob}`;
}
