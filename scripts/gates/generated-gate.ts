import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { GENERATED_FILES, renderFile, type GeneratedFile } from "../generate/generated-files.ts";
import { renderDocument } from "../generate/render-document.ts";
import { SECTIONS, type Section } from "../generate/sections.ts";
import type { Gate } from "./gate.ts";
import { listFiles } from "./list-files.ts";
import { runTool } from "./run-tool.ts";

/** What is made from the code is what the code makes now: sections of the documents, and files with a checker. */
export const generatedGate: Gate = createGeneratedGate(SECTIONS, GENERATED_FILES);

export function createGeneratedGate(sections: readonly Section[], files: readonly GeneratedFile[] = []): Gate {
  return {
    id: "generated",
    async run(root) {
      const problems: string[] = [];
      for (const file of new Set(sections.map((section) => section.file))) {
        problems.push(...(await judgeDocument(root, file, sections)));
      }
      for (const one of files) problems.push(...(await judgeFile(root, one)));
      const checkers = await listFiles(root, "scripts", /^check-seccomp$/);
      for (const checker of checkers) problems.push(...(await judgeByChecker(root, checker)));
      return { inputs: sections.length + files.length + checkers.length, noun: "sections and files", problems };
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

async function judgeFile(root: string, generated: GeneratedFile): Promise<readonly string[]> {
  const path = join(root, generated.file);
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) return [`${generated.file}: missing; \`npm run generate\` writes it`];
  const rendered = await renderFile(generated, path);
  return rendered === text ? [] : [`${generated.file}: stale; \`npm run generate\` writes it`];
}

async function judgeByChecker(root: string, checker: string): Promise<readonly string[]> {
  const { code, stdout, stderr } = await runTool("bash", [checker], root);
  return code === 0 ? [] : [`${checker} ended with ${code}: ${(stdout + stderr).trim()}`];
}
