import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Gate } from "./gate.ts";
import { listFiles } from "./list-files.ts";
import { findSyntaxFaults } from "./syntax-faults.ts";

const CODE = /\.[cm]?[jt]sx?$/;
const FOLDERS = ["src", "test", "scripts", "bench", "web", "bin"];
const LONGEST = 250;
/** Data tables and generated code may be longer. */
const UNBOUNDED = /(\.table|-table|\.generated)\.ts$/;
const NAMELESS = /(^|\/)(utils?|helpers?|common|shared|services?|types|misc|lib)(\/|\.[cm]?[jt]sx?$)/;
const LEFT_OPEN = /\b(TODO|FIXME|HACK)\b|\b(it|test|describe)\.(only|todo|skip)\b/;
/** This file and its test have to spell what is left open. */
const SPELLS_THEM = /(house-rules-gate|checks\/gates\.test)\.ts$/;
/** Tool configuration and plug-ins that are loaded by their default export. */
const BY_DEFAULT_EXPORT = /(^|\/)([a-z]+\.config\.ts|knip-reporter\.ts)$/;

/** House rules of style.md that no other tool checks: length, names, what is left open, unexplained casts. */
export const houseRulesGate: Gate = {
  id: "house-rules",
  async run(root) {
    const files = (await Promise.all(FOLDERS.map((folder) => listFiles(root, folder, CODE)))).flat();
    const problems: string[] = [];
    for (const file of files) {
      problems.push(...findFaults(file, await readFile(join(root, file), "utf8")).map((fault) => `${file}${fault}`));
    }
    return { inputs: files.length, noun: "files", problems };
  },
};

/** The faults of one file, each as `:line what`. */
function findFaults(file: string, source: string): readonly string[] {
  const lines = source.split("\n");
  const faults: string[] = [];
  if (NAMELESS.test(file)) faults.push(":1 the name says nothing about the domain");
  if (file.startsWith("src/") && lines.length - 1 > LONGEST && !UNBOUNDED.test(file)) {
    faults.push(`:${LONGEST} longer than ${LONGEST} lines: split it by its nouns`);
  }
  for (const [index, line] of lines.entries()) {
    if (LEFT_OPEN.test(line) && !SPELLS_THEM.test(file)) faults.push(`:${index + 1} left open: ${line.trim()}`);
  }
  const defaultExport = BY_DEFAULT_EXPORT.test(file);
  const explainCasts = file.startsWith("src/");
  return [...faults, ...findSyntaxFaults(file, source, { defaultExport, explainCasts })];
}
