import { join } from "node:path";
import { ensurePrivateFolder, type Clock } from "../../base/index.ts";
import type { Database } from "../../db/index.ts";
import type { ForgeCall } from "../../policy/index.ts";
import type { Actor, Forge, ForgeAnswer } from "../forge.ts";
import { createGit } from "./git/git-process.ts";
import { HANDLERS } from "./handlers.table.ts";
import { installHooks } from "./hooks.ts";
import { wasCreatedByAgent } from "./inspect.ts";
import { createObjectRegistry } from "./object-registry.ts";
import { NO_PIPELINES, type PipelineRecords } from "./pipeline-records.ts";
import { createRefWrites } from "./ref-writes.ts";
import { createRepositories, type Repositories } from "./repositories.ts";
import { createRepositoryStore } from "./repository-store.ts";
import { faultAnswer, notFound, RequestFault } from "./rest/answers.ts";
import { createRestrictions } from "./restrictions.ts";
import { serveRepository } from "./serve-repository.ts";

/** The forge that lives in the state folder: real git repositories, and the rest in the database. */
export interface EmbeddedForge extends Forge, Repositories {}

export type EmbeddedForgeOptions = {
  /** The state folder; repositories are at `home/forge/<workspace>/<slug>.git`. */
  readonly home: string;
  /** Open, with `forgeMigrations` applied. Not closed by the forge. */
  readonly database: Database;
  readonly clock: Clock;
  /** What ran, for the pipelines' part of REST. Default: nothing. */
  readonly pipelines?: PipelineRecords;
  /** REST 2.0 as clients see it, for links. Default: the address in a box. */
  readonly address?: string;
};

/** Makes its folder on first use. Several processes may have one over the same home. */
export function createEmbeddedForge(options: EmbeddedForgeOptions): EmbeddedForge {
  const { database, clock } = options;
  const root = join(options.home, "forge");
  const own = join(root, ".sallyport");
  ensurePrivateFolder(root);
  ensurePrivateFolder(own);
  const git = createGit({ hooks: installHooks(own), home: own });
  const store = createRepositoryStore({ root, database, git, clock });
  const objects = createObjectRegistry(git, store);
  const restrictions = createRestrictions(database, (name) => objects.of(name).defaultBranch());
  const refWrites = createRefWrites(database, clock);

  async function call(request: ForgeCall, actor: Actor): Promise<ForgeAnswer> {
    try {
      const handler = HANDLERS.get(request.operation.id);
      const repository = await store.find(request.repository);
      if (repository === null) throw notFound("Repository");
      // As Bitbucket answers for an issue tracker that is switched off: a forge need not have all that a step may ask.
      if (handler === undefined) throw new RequestFault(404, `The embedded forge does not do ${request.operation.id}`);
      return await handler({
        call: request,
        actor,
        repository,
        objects: objects.of(repository.name),
        database,
        clock,
        restrictions,
        pipelines: options.pipelines ?? NO_PIPELINES,
        address: options.address ?? "http://127.0.0.1:29418/2.0",
      });
    } catch (error) {
      if (error instanceof RequestFault) return faultAnswer(error);
      throw error;
    }
  }

  return {
    ...createRepositories({ git, objects, store, database, clock, refWrites, restrictions }),
    call,
    async inspect(request) {
      const repository = await store.find(request.repository);
      return { createdByAgent: repository !== null && (await wasCreatedByAgent(database, repository, request)) };
    },
    git: (...request) => serveRepository({ git, store, restrictions, refWrites }, ...request),
    // Other git processes end with the call that started them.
    [Symbol.asyncDispose]: async () => objects[Symbol.dispose](),
  };
}
