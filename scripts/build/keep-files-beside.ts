import { chmodSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "rolldown";
import { listTree } from "./list-tree.ts";

const BESIDE = /new URL\(\s*"(\.[^"]*)",\s*import\.meta\.url,?\s*\)/g;
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SOURCE = join(ROOT, "src");

/**
 * Makes `new URL("./x", import.meta.url)` hold from `dist/cli`, where every chunk of the command line lies, and copies
 * what it names to the same place in `dist/` as in `src/`, with its mode. A program in TypeScript is named with `.js`;
 * `findPrograms` tells which they are. What lies outside `src/`, such as `package.json`, is only named anew.
 */
export function keepFilesBeside(): Plugin {
  const executables: string[] = [];
  return {
    name: "keep-files-beside",
    transform(code, id) {
      if (!id.startsWith(`${SOURCE}/`)) return null;
      return code.replaceAll(BESIDE, (_whole, path: string) => {
        const target = resolve(dirname(id), path);
        if (target.startsWith(`${SOURCE}/`) && !target.endsWith(".ts")) {
          for (const file of listTree(target)) {
            const fileName = relative(SOURCE, file);
            this.emitFile({ type: "asset", fileName, source: readFileSync(file) });
            if ((statSync(file).mode & 0o111) !== 0) executables.push(fileName);
          }
        }
        return `new URL(${JSON.stringify(addressFromChunks(target, path.endsWith("/")))}, import.meta.url)`;
      });
    },
    writeBundle({ dir = "dist" }) {
      for (const name of executables) chmodSync(join(dir, name), 0o755);
    },
  };
}

/** The TypeScript programs that some module names with `new URL`: each runs in a process of its own. */
export function findPrograms(): readonly string[] {
  const programs = new Set<string>();
  for (const file of listTree(SOURCE).filter((path) => path.endsWith(".ts"))) {
    for (const [, path = ""] of readFileSync(file, "utf8").matchAll(BESIDE)) {
      const target = resolve(dirname(file), path);
      if (path.endsWith(".ts") && target.startsWith(`${SOURCE}/`)) programs.add(target);
    }
  }
  return [...programs];
}

/** The address of a file of the source tree as a module in `dist/cli` writes it. */
function addressFromChunks(target: string, isFolder: boolean): string {
  const inSource = target === SOURCE || target.startsWith(`${SOURCE}/`);
  const path = inSource ? `../${relative(SOURCE, target)}` : `../../${relative(ROOT, target)}`;
  return path.replace(/\.ts$/, ".js") + (isFolder ? "/" : "");
}
