import { createHash } from "node:crypto";
import { inert, type Finding, type Severity } from "../../base/index.ts";
import { YAML_LIMITS } from "../yaml/limits.ts";
import { nearestName } from "../yaml/nearest-name.ts";
import { createPositions } from "../yaml/positions.ts";
import { readYaml } from "../yaml/read-yaml.ts";
import { toPlain, type Node } from "../yaml/tree.ts";
import { quoted } from "../yaml/yaml-report.ts";
import { findWidenings } from "./find-widenings.ts";
import { POLICY_FILE_RULES, type PolicyFileRuleId } from "./policy-rules.ts";
import { checkDocument, knownKeys, type Path, type PolicyDocument } from "./policy-schema.ts";
import { readRules } from "./read-rules.ts";
import type { Policy } from "./policy.ts";

/** What became of a policy file: `policy` is null when any finding is an error. */
export type ParsedPolicy = { readonly policy: Policy | null; readonly findings: readonly Finding[] };

const SEVERITIES: ReadonlyMap<string, Severity> = new Map(POLICY_FILE_RULES.map(({ id, severity }) => [id, severity]));

/**
 * Reads a policy file. Strict: an unknown key is an error with the nearest name, since a limit that is misspelt would
 * limit nothing. Never throws on any text (attack 36). An empty file is a policy that says nothing.
 */
export function parsePolicy(text: string, path: string): ParsedPolicy {
  const positionOf = createPositions(text);
  const findings: Finding[] = [];
  const add = (rule: PolicyFileRuleId, offset: number, message: string, fix: string): void => {
    const severity = SEVERITIES.get(rule) ?? "error";
    if (findings.length < YAML_LIMITS.findings) {
      findings.push({ file: path, ...positionOf(offset), rule, severity, message, fix });
    }
  };
  const hasErrors = (): boolean => findings.some(({ severity }) => severity === "error");
  const root = readYaml({ add, hasErrors }, text);
  const document = hasErrors() ? null : readDocument(root, add);
  findings.sort((a, b) => a.line - b.line || a.column - b.column);
  if (document === null || hasErrors()) return { policy: null, findings };
  const digest = createHash("sha256").update(text).digest("hex");
  return { policy: toPolicy(document, path, digest), findings };
}

type Add = (rule: PolicyFileRuleId, offset: number, message: string, fix: string) => void;

function readDocument(root: Node | null, add: Add): PolicyDocument | null {
  const result = checkDocument(root === null ? {} : toPlain(root));
  if (!result.success) {
    for (const issue of result.error.issues) {
      if (issue.code === "unrecognized_keys") addUnknownKeys(root, issue.path, issue.keys, add);
      else add("wrong-value", offsetOf(root, issue.path), sayIssue(issue), "write what docs/policy.md says");
    }
    return null;
  }
  for (const { path, rule, message, fix } of [...findServerFaults(result.data), ...findWidenings(result.data)]) {
    add(rule, offsetOf(root, path), message, fix);
  }
  return result.data;
}

function addUnknownKeys(root: Node | null, path: Path, keys: readonly string[], add: Add): void {
  for (const key of keys) {
    const known = knownKeys(path);
    const near = nearestName(key, known);
    const fix = near === undefined ? `use one of ${known.join(", ")}` : `did you mean ${near}?`;
    const where = path.length === 0 ? "a policy" : inert(path.map(String).join("."));
    add("unknown-key", offsetOf(root, [...path, key]), `${quoted(key)} means nothing in ${where}`, fix);
  }
}

/** The place of the deepest node of `path` that exists; a key's own place for a map's entry. */
function offsetOf(root: Node | null, path: Path): number {
  let node = root;
  let offset = root?.offset ?? 0;
  for (const part of path) {
    if (node?.kind === "map") {
      const entry = node.entries.get(String(part));
      if (entry === undefined) break;
      offset = entry.offset;
      node = entry.value;
    } else if (node?.kind === "list") {
      const item = node.items[Number(part)];
      if (item === undefined) break;
      offset = item.offset;
      node = item;
    } else break;
  }
  return offset;
}

/** The value is the organisation's own text, so the message may name the place but stays inert and short. */
function sayIssue(issue: { readonly path: Path; readonly message: string }): string {
  const where = issue.path.length === 0 ? "the policy" : quoted(issue.path.map(String).join("."));
  return `${where}: ${inert(issue.message).slice(0, 300)}`;
}

/** One fault that the shapes alone do not show. */
export type DocumentFault = {
  readonly path: Path;
  readonly rule: PolicyFileRuleId;
  readonly message: string;
  readonly fix: string;
};

function findServerFaults(document: PolicyDocument): readonly DocumentFault[] {
  const places = [
    { path: ["servers"], servers: document.servers ?? [] },
    ...Object.entries(document.repositories ?? {}).map(([name, rules]) => ({
      path: ["repositories", name, "servers"],
      servers: rules.servers ?? [],
    })),
  ];
  return places.flatMap(({ path, servers }) =>
    servers.flatMap(({ name, url, command }, index) =>
      (url === undefined) === (command === undefined)
        ? [
            {
              path: [...path, index],
              rule: "server-kind" as const,
              message: `the server ${quoted(name)} has ${url === undefined ? "neither url nor command" : "both url and command"}`,
              fix: "give it one of them",
            },
          ]
        : [],
    ),
  );
}

function toPolicy(document: PolicyDocument, path: string, digest: string): Policy {
  const { repositories = {}, ...own } = document;
  const rules = readRules(own, null);
  return {
    path,
    digest,
    rules,
    repositories: Object.entries(repositories).map(([repository, written]) => ({
      repository: repository.toLowerCase(),
      rules: readRules(written, rules),
    })),
  };
}
