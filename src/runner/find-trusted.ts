import type { EmbeddedForge, Imported } from "../forge/index.ts";
import { trustedBranches, type Ceiling } from "../policy/index.ts";

/** The branch whose text counts as reviewed, at the commit where it stood when the run was created (design, rule 2). */
export type Trusted = {
  /** Null when there is no such branch or no commit on it: then nothing is reviewed. */
  readonly commit: string | null;
  /** Branches that no step may write, since their text is authority. */
  readonly branches: readonly string[];
};

/** The branch that policy names, the first that exists; without a name the forge's default: `origin/HEAD`, else `main` or `master`. */
export async function findTrusted(
  forge: Pick<EmbeddedForge, "resolve">,
  repository: string,
  imported: Pick<Imported, "defaultBranch" | "defaultCommit">,
  ceilings: readonly Ceiling[],
): Promise<Trusted> {
  const named = trustedBranches(ceilings);
  if (named === null) return { commit: imported.defaultCommit, branches: [imported.defaultBranch] };
  const branches = [imported.defaultBranch, ...named];
  for (const branch of named) {
    const commit = await forge.resolve(repository, `refs/heads/${branch}`);
    if (commit !== null) return { commit, branches };
  }
  return { commit: null, branches };
}
