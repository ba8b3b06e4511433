import { checkText } from "./check-text.ts";
import { parseYaml } from "./parse-yaml.ts";
import { resolveTree } from "./resolve-tree.ts";
import type { Node } from "./tree.ts";
import type { YamlReport } from "./yaml-report.ts";

/**
 * Reads one YAML document as a tree with its places, aliases and merge keys resolved. Never throws on any text, and costs
 * no more than the text is long (attack 36). Null when nothing can be read; the report says why, unless the file is empty.
 */
export function readYaml(report: YamlReport, text: string): Node | null {
  if (!checkText(report, text)) return null;
  const document = parseYaml(report, text);
  if (document === null || document.contents === null) return null;
  const root = resolveTree(report, document.contents);
  return root.kind === "scalar" && root.value === null && !report.hasErrors() ? null : root;
}
