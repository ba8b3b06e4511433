import { existsSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { randomHex, SallyportError } from "../../../base/index.ts";
import type { Git } from "./git-process.ts";
import { alternateOf } from "./object-paths.ts";

export type ObjectCopy = {
  /** The bare repository that receives them. */
  readonly gitDirectory: string;
  /** The object folder that has them. */
  readonly from: string;
  /** The ends of the history there, when it is shallow. */
  readonly shallowFile: string | null;
  /** Commits or tags wanted, with all that they reach. */
  readonly wanted: readonly string[];
  /** What the bare repository has already. */
  readonly present: readonly string[];
};

/**
 * Copies objects into a bare repository as one pack, by `git pack-objects` over the other folder as an alternate: no
 * transport, and no git process reads the other repository's configuration.
 */
export async function copyObjects(git: Git, copy: ObjectCopy): Promise<void> {
  if (copy.shallowFile !== null) await joinShallow(git, copy.gitDirectory, copy.shallowFile);
  const input = [...copy.wanted, ...copy.present.map((id) => `^${id}`), ""].join("\n");
  const pack = join(copy.gitDirectory, "objects", "pack", "pack");
  const { code, stderr } = await git.run(
    ["pack-objects", "--revs", "--quiet", "--non-empty", "--delta-base-offset", pack],
    {
      gitDirectory: copy.gitDirectory,
      environment: { GIT_ALTERNATE_OBJECT_DIRECTORIES: alternateOf(copy.from) },
      input,
    },
  );
  if (code === 0) return;
  throw new SallyportError(
    "machine-fault",
    `the objects in ${copy.from} cannot be read (${stderr.trim().split("\n")[0] ?? "no reason given"}); ` +
      "check the clone with git fsck, and complete a partial one with git fetch --refetch.",
  );
}

/** Adds the ends of a shallow history to the bare repository's own, but for commits that it has in full already. */
async function joinShallow(git: Git, gitDirectory: string, shallowFile: string): Promise<void> {
  const file = join(gitDirectory, "shallow");
  const ends = linesOf(await readFile(shallowFile, "utf8"));
  const checked = await git.text(["cat-file", "--batch-check"], { gitDirectory, input: ends.join("\n") });
  const missing = linesOf(checked).flatMap((line) =>
    line.endsWith(" missing") ? [line.slice(0, line.indexOf(" "))] : [],
  );
  if (missing.length === 0) return;
  const own = existsSync(file) ? linesOf(await readFile(file, "utf8")) : [];
  const draft = join(gitDirectory, `shallow-${randomHex(8)}`);
  await writeFile(
    draft,
    [...new Set([...own, ...missing])].map((line) => `${line}\n`),
  );
  await rename(draft, file);
}

function linesOf(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "");
}
