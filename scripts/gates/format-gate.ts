import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { check, getFileInfo, resolveConfig } from "prettier";
import type { Gate } from "./gate.ts";
import { listFiles } from "./list-files.ts";

const FORMATTED = /\.(ts|js|json|md|ya?ml)$/;

/** prettier, over every file that it would format and `.prettierignore` does not name. */
export const formatGate: Gate = {
  id: "format",
  async run(root) {
    const problems: string[] = [];
    let inputs = 0;
    for (const file of await listFiles(root, ".", FORMATTED)) {
      const path = join(root, file);
      const { ignored } = await getFileInfo(path, { ignorePath: join(root, ".prettierignore") });
      if (ignored) continue;
      inputs += 1;
      const problem = await findProblem(path);
      if (problem !== null) problems.push(`${file}: ${problem}`);
    }
    return { inputs, noun: "files", problems };
  },
};

async function findProblem(path: string): Promise<string | null> {
  const options = { ...(await resolveConfig(path)), filepath: path };
  try {
    return (await check(await readFile(path, "utf8"), options)) ? null : "not formatted; `npm run format` does it";
  } catch (error) {
    return `not readable: ${String(error).split("\n")[0]}`;
  }
}
