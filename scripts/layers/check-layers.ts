import { readFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { join, posix } from "node:path";
import { listFiles } from "../gates/list-files.ts";
import { readImports, type Import } from "./read-imports.ts";
import { ROOMS, type Room } from "./room-table.ts";

/** What a look at `src/` found; `imports` counts all of them, so that a caller can see that some were seen. */
export type LayerReport = { readonly files: number; readonly imports: number; readonly problems: readonly string[] };

/** Holds every import below `root/src` against the table. */
export async function checkLayers(root: string, rooms: readonly Room[] = ROOMS): Promise<LayerReport> {
  const files = await listFiles(root, "src", /\.[cm]?[jt]sx?$/);
  const problems: string[] = [];
  let imports = 0;
  for (const file of files) {
    const room = rooms.find(({ name }) => name === file.split("/")[1]);
    if (room === undefined) {
      problems.push(`${file}: the folder is not in the import table (scripts/layers/room-table.ts)`);
      continue;
    }
    for (const one of readImports(file, await readFile(join(root, file), "utf8"))) {
      imports += 1;
      const fault = judgeImport(file, room, one);
      if (fault !== null) problems.push(`${file}:${one.line} ${fault}`);
    }
  }
  return { files: files.length, imports, problems };
}

function judgeImport(file: string, room: Room, { specifier }: Import): string | null {
  if (specifier === null) return "imports a computed name, which cannot be held against the table";
  if (specifier.startsWith("node:")) return null;
  if (isBuiltin(specifier)) return `imports ${specifier}: write node:${specifier}`;
  if (!specifier.startsWith(".")) return judgePackage(room, specifier);

  const target = posix.join(posix.dirname(file), specifier);
  const [top, targetRoom, ...rest] = target.split("/");
  if (top !== "src") return `imports ${specifier}, which is outside src`;
  if (targetRoom === room.name) return null;
  if (targetRoom === undefined || !room.imports.includes(targetRoom)) {
    return `${room.name} may not import ${targetRoom ?? "src"} (it may: ${room.imports.join(", ") || "nothing"})`;
  }
  return rest.join("/") === "index.ts"
    ? null
    : `reaches past the face of ${targetRoom}: import ../${targetRoom}/index.ts`;
}

function judgePackage(room: Room, specifier: string): string | null {
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  return room.packages.includes(name) ? null : `${room.name} may not import the package ${name}`;
}
