import type { InstructionFiles } from "./instruction-files.ts";
import { quoteForShell } from "./shell-script.ts";

/** A part of the clone's script, and the files that it reads. */
export type Restoration = {
  readonly script: string;
  readonly files: readonly { readonly path: string; readonly content: string }[];
};

export const NOTHING_TO_RESTORE: Restoration = { script: "", files: [] };

const REMOVED = "/opt/sallyport/item/removed";
const RESTORED = "/opt/sallyport/item/restored";

/**
 * Puts the destination's instruction files into a fresh clone, in its box, after the checkout (attack 38). The index keeps
 * what the pull request has and is told to look away, so that a step which commits everything commits none of this. Paths
 * come as lists of names that end in NUL: a pull request chose them.
 */
export function restoreInstructions({ commit, restored, removed }: InstructionFiles, origin: string): Restoration {
  if (restored.length + removed.length === 0) return NOTHING_TO_RESTORE;
  const fetch = `git fetch --quiet --no-tags --depth=1 ${quoteForShell(origin)} ${commit}`;
  const each = "xargs --null --no-run-if-empty --max-args=100";
  const script = [
    "export GIT_LITERAL_PATHSPECS=1",
    `git cat-file -e '${commit}^{commit}' 2>/dev/null || ${fetch}`,
    `known=$(mktemp)`,
    `cat ${REMOVED} ${RESTORED} | ${each} git ls-files -z -- > "$known"`,
    // What stands in the way, such as a link, goes first: nothing is written through it.
    `cat ${REMOVED} ${RESTORED} | ${each} rm -rf --`,
    // Folders that are empty now would not be in the destination's checkout.
    `${each} dirname -z -- < ${REMOVED} | ${each} rmdir -p --ignore-fail-on-non-empty -- 2>/dev/null || true`,
    `[ ! -s ${RESTORED} ] || git restore --source=${commit} --worktree --pathspec-from-file=${RESTORED} --pathspec-file-nul`,
    'git update-index --skip-worktree -z --stdin < "$known"',
    'rm -f "$known"',
    "",
  ].join("\n");
  const list = (paths: readonly string[]): string => paths.map((path) => `${path}\0`).join("");
  return {
    script,
    files: [
      { path: REMOVED, content: list(removed) },
      { path: RESTORED, content: list(restored) },
    ],
  };
}
