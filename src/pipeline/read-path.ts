import { type Node, quoted } from "../policy/index.ts";
import type { Report } from "./report.ts";
import { readText } from "./read-field.ts";

const CLONE_DIR = /^\$(?:BITBUCKET_CLONE_DIR|\{BITBUCKET_CLONE_DIR\})(?:\/|$)/;

/**
 * The path of a file that steers an agent, relative to the clone directory, normalised. What steers must be reviewed
 * (design, rule 2), so the path must be known before the run: no variables but a leading `$BITBUCKET_CLONE_DIR`,
 * nothing outside the clone.
 */
export function readSteeringPath(report: Report, node: Node, what: string): string | undefined {
  const text = readText(report, node, what);
  if (text === undefined) return undefined;
  const path = normalisePath(text);
  if (path === undefined) reportPath(report, node.offset, text, what);
  return path;
}

export function reportPath(report: Report, offset: number, text: string, what: string): void {
  const fix = "write a path relative to the clone directory, without variables and `..`, so that it can be reviewed";
  report.add("agent-path", offset, `${what} is ${quoted(text)}`, fix);
}

/** `./a//b` as `a/b`; undefined for what leaves the clone directory or depends on a variable. */
export function normalisePath(text: string): string | undefined {
  const below = text.replace(CLONE_DIR, "./");
  if (/^[/~]|[$\\]|[\u0000-\u001f]/.test(below)) return undefined;
  const parts = below.split("/").filter((part) => part !== "" && part !== ".");
  return parts.length === 0 || parts.includes("..") ? undefined : parts.join("/");
}
