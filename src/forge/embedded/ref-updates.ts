import type { RefUpdate } from "../../policy/index.ts";
import { findAuthorityChanges } from "./authority-changes.ts";
import type { GitObjects } from "./git/git-objects.ts";
import type { RefCommand } from "./hook-dialogue.ts";

/**
 * What one ref command of a push would do. `objects` must see the pushed objects. Null when the new object is none that a
 * branch or tag of commits can have, such as a tag of a tree: what cannot be looked at is refused.
 */
export async function describeRefUpdate(
  objects: GitObjects,
  { ref, from, to }: RefCommand,
  trusted: string,
): Promise<RefUpdate | null> {
  if (to === null) return { ref, kind: "delete", authorityFiles: [] };
  const next = await objects.resolve(to);
  if (next === null) return null;
  const previous = from === null ? null : await objects.resolve(from);
  const authorityFiles = await findAuthorityChanges(objects, { to: next, from: previous, trusted });
  if (from === null) return { ref, kind: "create", authorityFiles };
  const descends = previous !== null && (await objects.isAncestor(previous, next));
  return { ref, kind: descends ? "update" : "force", authorityFiles };
}
