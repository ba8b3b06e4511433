import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CONFIGURATION = [".oxlintrc.json", ".prettierrc.json", ".prettierignore", "knip.json", "tsconfig.json"];

const PACKAGE = `{
  "name": "small",
  "type": "module",
  "scripts": {
    "build": "tsc"
  },
  "devDependencies": {
    "typescript": "7.0.2",
    "vitest": "5.1.1"
  }
}
`;

/** A project that every gate passes: two rooms, of which one uses the other, and a test. */
export const CLEAN: Readonly<Record<string, string>> = {
  "package.json": PACKAGE,
  "src/base/index.ts": `export { double } from "./double.ts";\n`,
  "src/base/double.ts": `/** Twice the number. */\nexport function double(value: number): number {\n  return value * 2;\n}\n`,
  "src/cli/main.ts": `import { double } from "../base/index.ts";\n\nexport async function main(argv: readonly string[]): Promise<number> {\n  return Promise.resolve(double(argv.length));\n}\n`,
  "test/base/double.test.ts": `import { expect, test } from "vitest";\nimport { double } from "../../src/base/index.ts";\n\ntest("doubles", () => expect(double(2)).toBe(4));\n`,
};

/** Lays `files` in a temporary folder, with this project's own configuration and installed tools; dispose removes it. */
export async function laySmallProject(
  files: Readonly<Record<string, string>>,
): Promise<AsyncDisposable & { root: string }> {
  const root = await mkdtemp(join(tmpdir(), "sallyport-gates-"));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  for (const name of CONFIGURATION) await copyFile(join(ROOT, name), join(root, name));
  await symlink(join(ROOT, "node_modules"), join(root, "node_modules"));
  return { root, [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) };
}
