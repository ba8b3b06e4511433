import { OPERATIONS, REFUSED_FAMILIES, type Operation } from "../../src/policy/index.ts";
import { formatTable } from "./format-markdown.ts";

const FAMILIES = new Map(REFUSED_FAMILIES.map((family) => [family.operation.id, family]));

/** Every row that a step may do, grant permitting. */
export function makeOperations(): string {
  const rows = OPERATIONS.filter(({ humanGate, outside }) => humanGate === null && outside === null);
  return formatTable(
    ["operation", "method and path", "scopes", "tool", "who"],
    rows.map((row) => [
      `\`${row.id}\``,
      requestsOf(row),
      row.scopes.map((scope) => `\`${scope.replace(/:bitbucket$/u, "")}\``).join(" ") || "–",
      row.tool === null ? "" : `\`${row.tool}\``,
      sayWho(row),
    ]),
  );
}

/** Every row that no step may do, with the gate and the reason that it is told. */
export function makeRefusals(): string {
  const rows = OPERATIONS.filter(({ humanGate, outside }) => humanGate !== null || outside !== null);
  return formatTable(
    ["operation", "method and path", "gate", "reason"],
    rows.map((row) => [
      `\`${row.id}\``,
      requestsOf(row) || "what no row lists",
      row.outside === null ? "`human-gate`" : "`repository`",
      row.outside ?? row.humanGate ?? "",
    ]),
  );
}

function requestsOf({ id, rest }: Operation): string {
  const family = FAMILIES.get(id);
  const methods = family?.methods?.join(", ") ?? "any";
  if (family !== undefined) return family.paths.map((path) => `\`${methods} ${shorten(path)}\``).join(" ");
  return rest === null ? "" : `\`${rest.method} ${shorten(rest.path)}\``;
}

function shorten(path: string): string {
  return path.replace("/repositories/{workspace}/{repo_slug}", "…");
}

function sayWho({ ownOnly, tool, openToAgents }: Operation): string {
  const whose = ownOnly ? ", on what an agent of this repository made" : "";
  return (tool === null && !openToAgents ? "a step without an agent" : "any step") + whose;
}
