import type { Finding } from "../base/index.ts";
import { createPositions, NO_TOOL_PERMISSIONS, readYaml, type ToolPermissions } from "../policy/index.ts";
import { readMap } from "./read-field.ts";
import { readServerPermissions, readToolPermissions } from "./read-tool-permissions.ts";
import { createReport } from "./report.ts";

/** What became of a Rovo configuration file: null when any finding is an error. */
export type ParsedRovoConfig = { readonly permissions: ToolPermissions | null; readonly findings: readonly Finding[] };

/**
 * Reads the permissions of a Rovo Dev configuration file (YAML; reference, section 4): `toolPermissions` and the servers
 * under `mcp`. Everything else in it is Rovo's. An empty file says nothing. Never throws on any text (attack 36).
 */
export function parseRovoConfig(text: string, file: string): ParsedRovoConfig {
  const content = text.startsWith("\ufeff") ? text.slice(1) : text;
  const report = createReport(file, createPositions(content));
  const root = readYaml(report, content);
  const entries = root === null ? undefined : readMap(report, root, "a Rovo configuration")?.entries;
  const tools = entries?.get("toolPermissions");
  const mcp = entries?.get("mcp");
  const servers = mcp === undefined ? undefined : readServerPermissions(report, mcp.value);
  const permissions = tools === undefined ? NO_TOOL_PERMISSIONS : readToolPermissions(report, tools.value);
  return {
    permissions: report.hasErrors() ? null : { ...permissions, ...(servers === undefined ? {} : { servers }) },
    findings: report.findings(),
  };
}
