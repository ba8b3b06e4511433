import type { Clock } from "../../base/index.ts";
import type { Database } from "../../db/index.ts";
import type { Actor } from "../forge.ts";
import type { RefCommand } from "./hook-dialogue.ts";
import { tablesOf, type ForgeTables } from "./tables.ts";

/** Who wrote which ref last: a ref that a step wrote starts no pipeline by itself (design, rule 3; attack 41). */
export interface RefWrites {
  /** Called before the refs move: a push that fails afterwards leaves a row for a commit that the ref never had. */
  record(repository: string, commands: readonly RefCommand[], actor: Actor): Promise<void>;
  /** The run whose step moved `ref` to `commit`, or null for a person or an import. */
  runThatWrote(repository: string, ref: string, commit: string): Promise<string | null>;
}

export function createRefWrites(database: Database, clock: Clock): RefWrites {
  return {
    async record(repository, commands, actor) {
      const rows = commands.flatMap(({ ref, to }) => (to === null ? [] : [{ repository, ref, commit_id: to }]));
      if (rows.length === 0) return;
      const write = { run: actor.kind === "step" ? actor.run : null, written_on: clock.now() };
      await database.transact<ForgeTables, void>(async (query) => {
        for (const row of rows) {
          await query
            .insertInto("forge_ref_writes")
            .values({ ...row, ...write })
            .onConflict((conflict) => conflict.columns(["repository", "ref", "commit_id"]).doUpdateSet(write))
            .execute();
        }
      });
    },

    async runThatWrote(repository, ref, commit) {
      const row = await tablesOf(database)
        .selectFrom("forge_ref_writes")
        .select("run")
        .where("repository", "=", repository)
        .where("ref", "=", ref)
        .where("commit_id", "=", commit)
        .executeTakeFirst();
      return row?.run ?? null;
    },
  };
}
