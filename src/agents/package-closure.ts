import { existsSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { join, sep } from "node:path";
import { z } from "zod";
import { SallyportError } from "../base/index.ts";

const manifestSchema = z.object({ dependencies: z.record(z.string(), z.string()).default({}) });

/**
 * The folders of the named packages and of everything that they depend on, by package name, as Node resolves them from
 * `from` (a file's path). A package nested in another one's folder comes with that folder. Throws `not-found` when a
 * package is missing, `machine-fault` when two versions of one package would need the same place.
 */
export function packageClosure(names: readonly string[], from: string): ReadonlyMap<string, string> {
  const folders = new Map<string, string>();
  const visited = new Set<string>();

  function visit(name: string, dependent: string, dependentFolder: string | null): void {
    const folder = findPackage(name, dependent);
    if (visited.has(`${name}\0${folder}`)) return;
    visited.add(`${name}\0${folder}`);
    const nested = dependentFolder !== null && folder.startsWith(dependentFolder + sep);
    if (!nested) place(name, folder);
    const manifest = join(folder, "package.json");
    const { dependencies } = manifestSchema.parse(JSON.parse(readFileSync(manifest, "utf8")));
    for (const dependency of Object.keys(dependencies)) visit(dependency, manifest, nested ? dependentFolder : folder);
  }

  function place(name: string, folder: string): void {
    if ((folders.get(name) ?? folder) !== folder) {
      throw new SallyportError(
        "machine-fault",
        `Two versions of the package ${name} are installed for the script agent; install Sallyport again with npm ci.`,
      );
    }
    folders.set(name, folder);
  }

  for (const name of names) visit(name, from, null);
  return folders;
}

function findPackage(name: string, dependent: string): string {
  const places = createRequire(dependent).resolve.paths(name) ?? [];
  const folder = places.map((place) => join(place, name)).find((path) => existsSync(join(path, "package.json")));
  if (folder !== undefined) return realpathSync(folder);
  throw new SallyportError(
    "not-found",
    `The package ${name} of the script agent is not installed; install Sallyport again with npm ci.`,
  );
}
