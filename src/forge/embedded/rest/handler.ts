import type { Clock } from "../../../base/index.ts";
import type { Database } from "../../../db/index.ts";
import type { ForgeCall } from "../../../policy/index.ts";
import type { Actor, ForgeAnswer } from "../../forge.ts";
import type { GitObjects } from "../git/git-objects.ts";
import type { PipelineRecords } from "../pipeline-records.ts";
import type { Restrictions } from "../restrictions.ts";
import type { RepositoryRow } from "../tables.ts";

/** What a handler works with. The repository is there: calls for others ended before. */
export type HandlerContext = {
  readonly call: ForgeCall;
  readonly actor: Actor;
  readonly repository: RepositoryRow;
  readonly objects: GitObjects;
  readonly database: Database;
  readonly clock: Clock;
  readonly restrictions: Restrictions;
  readonly pipelines: PipelineRecords;
  /** The address of REST 2.0 as its clients see it, for links: `http://127.0.0.1:29418/2.0`. */
  readonly address: string;
};

/** Answers one row of the operations table. Throws `RequestFault` for what the client did wrong. */
export type Handler = (context: HandlerContext) => Promise<ForgeAnswer>;

export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** An id in the path; the route has checked that it is a positive number. */
export function pathId({ call }: HandlerContext, name: string): number {
  return Number(call.path[name]);
}

/** The address of the repository, under which its resources are. */
export function repositoryAddress({ address, repository }: HandlerContext): string {
  return `${address}/repositories/${repository.name}`;
}
