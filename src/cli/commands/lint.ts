import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import {
  formatFinding,
  inert,
  SallyportError,
  systemErrorCode,
  type Finding,
  type Severity,
} from "../../base/index.ts";
import { parsePipelineFile } from "../../pipeline/index.ts";
import type { Arguments } from "../arguments.ts";
import type { Session } from "../command.ts";
import { findClone } from "../find-clone.ts";
import { readChoice } from "../read-choice.ts";

/** From the worst to the least. */
const SEVERITIES = ["error", "warning", "info"] as const satisfies readonly Severity[];
const DEFAULT_FILE = "bitbucket-pipelines.yml";

/** `sallyport lint`: 0 without findings that count, else 2. */
export async function lint(args: Arguments, { output, directory }: Session): Promise<number> {
  const format = readChoice("--format", args.text("format") ?? "text", ["text", "json"]);
  const failOn = readChoice("--fail-on", args.text("fail-on") ?? "error", SEVERITIES);
  const files = args.positionals.length === 0 ? [findFile(directory)] : args.positionals;
  const findings: Finding[] = [];
  for (const file of files) findings.push(...(await lintFile(directory, file)));

  if (format === "json") output.document({ findings });
  else for (const finding of findings) output.line(inert(formatFinding(finding)));
  const counting = SEVERITIES.slice(0, SEVERITIES.indexOf(failOn) + 1);
  return findings.some(({ severity }) => counting.some((counted) => counted === severity)) ? 2 : 0;
}

/** The pipeline file that `run` would take: here, else at the top of the clone that this folder is in. */
function findFile(directory: string): string {
  if (existsSync(join(directory, DEFAULT_FILE))) return DEFAULT_FILE;
  try {
    return relative(directory, join(findClone(directory, null), DEFAULT_FILE));
  } catch {
    // Not in a clone: the file is missing here, and that is what the error says.
    return DEFAULT_FILE;
  }
}

async function lintFile(directory: string, file: string): Promise<readonly Finding[]> {
  let text: string;
  try {
    text = await readFile(resolve(directory, file), "utf8");
  } catch (error) {
    const missing = systemErrorCode(error) === "ENOENT";
    const message = missing ? `there is no file ${file}; name one, or go to its folder.` : `${file} cannot be read.`;
    throw new SallyportError("invalid-file", message, { cause: error });
  }
  return parsePipelineFile(text, file).findings;
}
