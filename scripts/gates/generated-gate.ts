import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { renderDocument } from "../generate/render-document.ts";
import { SECTIONS, type Section } from "../generate/sections.ts";
import type { Gate } from "./gate.ts";
import { listFiles } from "./list-files.ts";
import { runTool } from "./run-tool.ts";

/** What is made from the code is what the code makes now: sections of the documents, and files with a checker. */
export const generatedGate: Gate = createGeneratedGate(SECTIONS);

export function createGeneratedGate(sections: readonly Section[]): Gate {
  return {
    id: "generated",
    async run(root) {
      const problems: string[] = [];
      for (const file of new Set(sections.map((section) => section.file))) {
        problems.push(...(await judgeDocument(root, file, sections)));
      }
      const checkers = await listFiles(root, "scripts", /^check-seccomp$/);
      for (const checker of checkers) problems.push(...(await judgeByChecker(root, checker)));
      return { inputs: sections.length + checkers.length, noun: "sections", problems };
    },
  };
}

async function judgeDocument(root: string, file: string, sections: readonly Section[]): Promise<readonly string[]> {
  const path = join(root, file);
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) return [`${file}: missing`];
  const own = sections.filter((section) => section.file === file);
  const rendered = await renderDocument(text, path, own);
  if (rendered.problems.length > 0) return rendered.problems;
  return rendered.text === text ? [] : [`${file}: a generated section is stale; \`npm run generate\` writes it`];
}

async function judgeByChecker(root: string, checker: string): Promise<readonly string[]> {
  const { code, stdout, stderr } = await runTool("bash", [checker], root);
  return code === 0 ? [] : [`${checker} ended with ${code}: ${(stdout + stderr).trim()}`];
}
