import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  statSync,
} from "node:fs";
import { basename, delimiter, dirname, isAbsolute, join, relative } from "node:path";
import { SallyportError } from "../base/index.ts";
import type { AgentLaunch } from "./provider.ts";

/** How to start a program in a box: the first words of its command line, and what must be bound for it. */
export type LocatedProgram = { readonly command: readonly string[]; readonly binds: AgentLaunch["binds"] };

const FOLDER = "/opt/sallyport/claude";
const NODE = "/opt/sallyport/node";
/** What every box shows of the host, read-only. */
const SHOWN = ["/usr/", "/bin/", "/sbin/", "/lib/", "/lib64/"];

/**
 * Finds Claude Code on the search path (`PATH`). The native program is one file; an older JavaScript one needs its
 * package's folder and our Node. Throws `not-found` with what to install.
 */
export function locateClaude(searchPath: string): LocatedProgram {
  const program = findProgram("claude", searchPath);
  if (program === null) {
    throw new SallyportError(
      "not-found",
      "Claude Code is not on the PATH; install it with npm install --global @anthropic-ai/claude-code.",
    );
  }
  const shown = SHOWN.some((folder) => program.startsWith(folder));
  if (isNative(program)) {
    const target = `${FOLDER}/claude`;
    return shown ? { command: [program], binds: [] } : { command: [target], binds: [{ source: program, target }] };
  }
  const node = { source: process.execPath, target: NODE };
  if (shown) return { command: [NODE, program], binds: [node] };
  const folder = packageFolder(program);
  if (folder === null) {
    const target = `${FOLDER}/${basename(program)}`;
    return { command: [NODE, target], binds: [node, { source: program, target }] };
  }
  return {
    command: [NODE, join(FOLDER, relative(folder, program))],
    binds: [node, { source: folder, target: FOLDER }],
  };
}

/** The real path of the first executable file of that name; relative entries of the path are left out. */
function findProgram(name: string, searchPath: string): string | null {
  for (const folder of searchPath.split(delimiter).filter((entry) => isAbsolute(entry))) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return realpathSync(path);
    } catch {
      // Not here: the next folder may have it.
    }
  }
  return null;
}

/** ELF, by its first four bytes. */
function isNative(program: string): boolean {
  const start = Buffer.alloc(4);
  const descriptor = openSync(program, "r");
  try {
    readSync(descriptor, start, 0, 4, 0);
  } finally {
    closeSync(descriptor);
  }
  return start.equals(Buffer.from("\u007fELF"));
}

/**
 * The package that the program belongs to, or null. It must say that it is Claude Code: the nearest package.json above a
 * wrapper in ~/bin may be that of a whole home folder, and all of it would be in the box (attack 1).
 */
function packageFolder(program: string): string | null {
  for (let folder = dirname(program); folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, "package.json");
    if (existsSync(file)) return nameIn(file) === "@anthropic-ai/claude-code" ? folder : null;
  }
  return null;
}

function nameIn(file: string): unknown {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return typeof value === "object" && value !== null && "name" in value ? value.name : undefined;
  } catch {
    return undefined;
  }
}
