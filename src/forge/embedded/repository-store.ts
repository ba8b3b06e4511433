import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { randomHex, SallyportError, systemErrorCode, type Clock } from "../../base/index.ts";
import type { Database } from "../../db/index.ts";
import type { Git } from "./git/git-process.ts";
import { isRepositoryName } from "./repository-name.ts";
import { tablesOf, type RepositoryRow } from "./tables.ts";

/** The repositories that this forge holds: a row each, and a bare repository at `root/<workspace>/<slug>.git`. */
export interface RepositoryStore {
  /** The folder that all bare repositories are under. */
  readonly root: string;
  list(): Promise<readonly RepositoryRow[]>;
  /** Null when there is none of that name, however hostile the name. */
  find(name: string): Promise<RepositoryRow | null>;
  /** Makes it if it is missing. Safe to call from two processes at once. Throws `usage` for a name that cannot be one. */
  ensure(name: string, objectFormat?: "sha1" | "sha256"): Promise<RepositoryRow>;
  /** Where the bare repository is. Throws `usage` for a name that cannot be one, `not-found` for one that is not there. */
  pathOf(name: string): string;
}

export type RepositoryStoreParts = {
  readonly root: string;
  readonly database: Database;
  readonly git: Git;
  readonly clock: Clock;
};

export function createRepositoryStore({ root, database, git, clock }: RepositoryStoreParts): RepositoryStore {
  function gitDirectoryOf(name: string): string {
    if (!isRepositoryName(name)) {
      throw new SallyportError(
        "usage",
        `"${name.slice(0, 100)}" is no repository name; write workspace/slug in small letters, digits, dots and dashes.`,
      );
    }
    return join(root, `${name}.git`);
  }

  async function find(name: string): Promise<RepositoryRow | null> {
    if (!isRepositoryName(name)) return null;
    const row = await tablesOf(database)
      .selectFrom("forge_repositories")
      .selectAll()
      .where("name", "=", name)
      .executeTakeFirst();
    return row ?? null;
  }

  async function ensure(name: string, objectFormat: "sha1" | "sha256" = "sha1"): Promise<RepositoryRow> {
    const known = await find(name);
    if (known !== null) return known;
    const path = gitDirectoryOf(name);
    if (!existsSync(path)) await initialise(path, objectFormat);
    await tablesOf(database)
      .insertInto("forge_repositories")
      .values({
        name,
        uuid: `{${crypto.randomUUID()}}`,
        created_on: clock.now(),
        default_branch_pinned: 0,
        last_pull_request: 0,
        last_comment: 0,
        last_task: 0,
        last_restriction: 0,
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const row = await find(name);
    if (row === null)
      throw new SallyportError("machine-fault", `the repository ${name} was removed while it was made.`);
    return row;
  }

  /** Made under another name and moved into place, so that nobody ever sees half of one. */
  async function initialise(path: string, objectFormat: string): Promise<void> {
    const draft = join(root, ".sallyport", `new-${randomHex(8)}.git`);
    await mkdir(join(path, ".."), { recursive: true, mode: 0o700 });
    const args = ["init", "--quiet", "--bare", "--template=", "--initial-branch=main"];
    await git.text([...args, `--object-format=${objectFormat}`, "--", draft]);
    try {
      await rename(draft, path);
    } catch (error) {
      await rm(draft, { recursive: true, force: true });
      const code = systemErrorCode(error);
      if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
    }
  }

  function pathOf(name: string): string {
    const path = gitDirectoryOf(name);
    if (existsSync(path)) return path;
    throw new SallyportError("not-found", `there is no repository ${name} in the forge; import it with a run first.`);
  }

  return {
    root,
    find,
    ensure,
    pathOf,
    list: () => tablesOf(database).selectFrom("forge_repositories").selectAll().orderBy("name").execute(),
  };
}
