import type { Git } from "./git/git-process.ts";
import { createGitObjects, type GitObjects } from "./git/git-objects.ts";
import type { RepositoryStore } from "./repository-store.ts";

/** One `GitObjects` for each repository in use, so that its reading process is started once. */
export interface ObjectRegistry extends Disposable {
  /** Throws as `RepositoryStore.pathOf` does. */
  of(name: string): GitObjects;
}

export function createObjectRegistry(git: Git, store: RepositoryStore): ObjectRegistry {
  const known = new Map<string, GitObjects>();
  return {
    of(name) {
      const path = store.pathOf(name);
      const objects = known.get(name) ?? createGitObjects(git, path);
      known.set(name, objects);
      return objects;
    },
    [Symbol.dispose]() {
      for (const objects of known.values()) objects[Symbol.dispose]();
      known.clear();
    },
  };
}
