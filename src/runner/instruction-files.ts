import type { EmbeddedForge } from "../forge/index.ts";

/**
 * Files that instruct agents, in a run of a pull request's own code: they are the destination's, whatever the pull request
 * says (attack 38).
 */
export type InstructionFiles = {
  /** The commit that they are taken from. Full object id. */
  readonly commit: string;
  /** Paths that stand otherwise in the pull request: as the commit has them. */
  readonly restored: readonly string[];
  /** Paths that only the pull request has. */
  readonly removed: readonly string[];
};

/** The pipeline file steers nothing once it is read, and the step's script may want to look at it. */
const PIPELINE_FILE = /^bitbucket-pipelines\.ya?ml$/iu;

/**
 * Instruction files that differ between a pull request's merge and its destination. A destination that a step wrote is
 * nobody's text (attack 41): then the trusted commit stands in for it.
 */
export async function findInstructionFiles(
  forge: Pick<EmbeddedForge, "resolve" | "wroteByStep" | "authorityChanges" | "blobId">,
  sides: {
    readonly repository: string;
    readonly merge: string;
    readonly destination: string;
    readonly trusted: string | null;
  },
): Promise<InstructionFiles> {
  const { repository, merge, destination, trusted } = sides;
  const ref = `refs/heads/${destination}`;
  const selfMade = await forge.wroteByStep(repository, ref);
  // The merge was made with the destination, so it is there.
  const tip = (await forge.resolve(repository, ref)) ?? merge;
  const commit = selfMade && trusted !== null ? trusted : tip;
  const restored: string[] = [];
  const removed: string[] = [];
  for (const path of await forge.authorityChanges(repository, { from: commit, to: merge })) {
    if (PIPELINE_FILE.test(path)) continue;
    const there = await forge.blobId(repository, commit, path);
    (there === null ? removed : restored).push(path);
  }
  return { commit, restored, removed };
}

/** One line for the one who started the run, or none. */
export function noteInstructionFiles(files: InstructionFiles | null): readonly string[] {
  if (files === null || files.restored.length + files.removed.length === 0) return [];
  const paths = [...files.restored, ...files.removed];
  const named = paths.slice(0, 5).join(", ") + (paths.length > 5 ? ` and ${paths.length - 5} more` : "");
  return [
    `instructions for agents are the destination's at ${files.commit.slice(0, 7)}, not the pull request's: ${named}`,
  ];
}
