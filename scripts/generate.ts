import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { renderDocument } from "./generate/render-document.ts";
import { SECTIONS } from "./generate/sections.ts";

/** `npm run generate`: writes every generated section of the documents anew. */
for (const file of new Set(SECTIONS.map((section) => section.file))) {
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
  const { text, problems } = await renderDocument(
    await readFile(path, "utf8"),
    path,
    SECTIONS.filter((section) => section.file === file),
  );
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  await writeFile(path, text);
  console.log(`${file}: written`);
}
