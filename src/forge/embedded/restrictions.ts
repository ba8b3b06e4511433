import type { Database } from "../../db/index.ts";
import { matchGlob, type Decision, type RefUpdate } from "../../policy/index.ts";
import { accountOf, type Account } from "./accounts.ts";
import type { Actor } from "../forge.ts";
import { tablesOf, type RestrictionRow } from "./tables.ts";

/** The kinds that Bitbucket has (reference, section 5). All are kept; pushes and merges ask those that they know. */
export const RESTRICTION_KINDS = [
  "push",
  "force",
  "delete",
  "restrict_merges",
  "require_tasks_to_be_completed",
  "require_approvals_to_merge",
  "require_default_reviewer_approvals_to_merge",
  "require_no_changes_requested",
  "require_passing_builds_to_merge",
  "require_commits_behind",
  "reset_pullrequest_approvals_on_change",
  "smart_reset_pullrequest_approvals",
  "reset_pullrequest_changes_requested_on_change",
  "require_all_dependencies_merged",
  "enforce_merge_checks",
  "allow_auto_merge_when_builds_pass",
] as const;

/** Branch restrictions of a repository, and what they say about a push. They bind a step as they bind a person. */
export interface Restrictions {
  /** Those that concern a branch. */
  matching(repository: string, branch: string): Promise<readonly RestrictionRow[]>;
  /** Globs of branches that nobody may push to but named users: none of them is a step. */
  pushProtected(repository: string): Promise<readonly string[]>;
  checkUpdate(repository: string, update: RefUpdate, actor: Actor): Promise<Decision>;
}

export function createRestrictions(
  database: Database,
  defaultBranchOf: (repository: string) => Promise<string>,
): Restrictions {
  async function all(repository: string): Promise<readonly RestrictionRow[]> {
    return tablesOf(database)
      .selectFrom("forge_restrictions")
      .selectAll()
      .where("repository", "=", repository)
      .orderBy("id")
      .execute();
  }

  async function matching(repository: string, branch: string): Promise<readonly RestrictionRow[]> {
    const rows = await all(repository);
    if (rows.length === 0) return [];
    const defaultBranch = await defaultBranchOf(repository);
    return rows.filter((row) => matchGlob(globOf(row, defaultBranch), branch));
  }

  async function pushProtected(repository: string): Promise<readonly string[]> {
    const rows = (await all(repository)).filter(({ kind }) => kind === "push");
    if (rows.length === 0) return [];
    const defaultBranch = await defaultBranchOf(repository);
    return [...new Set(rows.map((row) => globOf(row, defaultBranch)))];
  }

  async function checkUpdate(repository: string, update: RefUpdate, actor: Actor): Promise<Decision> {
    const branch = /^refs\/heads\/(?<name>.+)$/u.exec(update.ref)?.groups?.["name"];
    if (branch === undefined) return { allow: true, ask: false };
    for (const row of await matching(repository, branch)) {
      if (!forbids(row, update, actor)) continue;
      return {
        allow: false,
        gate: "branch",
        reason: `${branch} has the branch restriction ${row.id}, ${row.kind}`,
        needs: { change: "push another branch and open a pull request, or have the restriction changed" },
      };
    }
    return { allow: true, ask: false };
  }

  return { matching, pushProtected, checkUpdate };
}

/** Bitbucket's default branching model: prefixes, and the default branch for development and production. */
function globOf(row: RestrictionRow, defaultBranch: string): string {
  if (row.branch_match_kind === "glob") return row.pattern;
  const { branch_type: type } = row;
  return type === "development" || type === "production" ? defaultBranch : `${type}/**`;
}

function forbids(row: RestrictionRow, update: RefUpdate, actor: Actor): boolean {
  if (row.kind === "push") return !isNamed(row, actor);
  return (row.kind === "force" && update.kind === "force") || (row.kind === "delete" && update.kind === "delete");
}

/** Whether the restriction names this person. A step is never named; empty lists mean nobody. */
export function isNamed(row: RestrictionRow, actor: Actor): boolean {
  if (actor.kind === "step") return false;
  // Sound: the column is written by `restrictions.create` and `.update` alone, which make accounts.
  const users = JSON.parse(row.users) as readonly Account[];
  return users.some(({ uuid }) => uuid === accountOf(actor).uuid);
}
