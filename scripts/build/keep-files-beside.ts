import { chmodSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import type { Plugin } from "rolldown";

const BESIDE = /new URL\(\s*"(\.[^"]*)",\s*import\.meta\.url\s*,?\s*\)/g;

/**
 * Brings along what modules below `folder` name with `new URL("./x", import.meta.url)`: a TypeScript program becomes a
 * module of its own, with the `.js` name in place of `.ts`; any other file, or folder of files, is copied to the same
 * place with its mode. What lies outside `folder`, such as `package.json`, is left alone.
 */
export function keepFilesBeside(folder: string): Plugin {
  const root = resolve(folder);
  const executables: string[] = [];
  return {
    name: "keep-files-beside",
    transform(code, id) {
      if (!id.startsWith(`${root}/`)) return null;
      return code.replaceAll(BESIDE, (whole, path: string) => {
        const target = resolve(dirname(id), path);
        if (!target.startsWith(`${root}/`)) return whole;
        if (target.endsWith(".ts")) {
          this.emitFile({ type: "chunk", id: target });
          return whole.replace(path, path.replace(/\.ts$/, ".js"));
        }
        for (const file of listTree(target)) {
          const fileName = relative(root, file);
          this.emitFile({ type: "asset", fileName, source: readFileSync(file) });
          if ((statSync(file).mode & 0o111) !== 0) executables.push(fileName);
        }
        return whole;
      });
    },
    writeBundle({ dir = "dist" }) {
      for (const name of executables) chmodSync(join(dir, name), 0o755);
    },
  };
}

function listTree(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).flatMap((name) => listTree(join(path, name)));
}
