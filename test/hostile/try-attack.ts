import type { Attack } from "./attack.ts";
import { makeHostilePlace, type HostilePlace } from "./hostile-place.ts";

/** What came of an attack and of its harmless twin. Empty lists: blocked, and working. */
export type Tried = { readonly gotThrough: readonly string[]; readonly broke: readonly string[] };

/** Carries both out, each in a place of its own. A throw counts against the one that threw. */
export async function tryAttack(attack: Attack): Promise<Tried> {
  const gotThrough = await inPlace(async (place) => (await attack.hostile(place)).gotThrough);
  const broke = await inPlace(async (place) => (await attack.benign(place)).broke);
  return { gotThrough, broke };
}

async function inPlace(work: (place: HostilePlace) => Promise<readonly string[]>): Promise<readonly string[]> {
  using place = makeHostilePlace();
  try {
    return await work(place);
  } catch (error) {
    return [`it could not be carried out: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`];
  }
}
