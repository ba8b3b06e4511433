import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { GENERATED_FILES, renderFile } from "./generate/generated-files.ts";
import { renderDocument } from "./generate/render-document.ts";
import { SECTIONS } from "./generate/sections.ts";

/** `npm run generate`: writes every generated section of the documents, and every generated file, anew. */
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

for (const generated of GENERATED_FILES) {
  const path = fileURLToPath(new URL(`../${generated.file}`, import.meta.url));
  await writeFile(path, await renderFile(generated, path));
  console.log(`${generated.file}: written`);
}
