import type { HostilePlace } from "./hostile-place.ts";

/** What came of an attack: a sentence for each thing that it achieved, and for each part that was not carried out. */
export type Attempted = { readonly gotThrough: readonly string[] };

/** What came of the harmless twin: a sentence for each thing that should work and did not. */
export type Worked = { readonly broke: readonly string[] };

/**
 * One row of `attacks.md`, carried out for real. Both functions get an empty clone and state directory of their own and
 * look at what happened: the forge, git's refs, the ledger, the host's processes and files, what was printed.
 */
export type Attack = {
  /** Its number in `attacks.md`. */
  readonly attack: number;
  readonly title: string;
  /** Where the attacker sits: in a box, or outside one. */
  readonly where: "box" | "none";
  hostile(place: HostilePlace): Promise<Attempted>;
  benign(place: HostilePlace): Promise<Worked>;
};

/** Collects the sentences of one attack or twin. */
export function createSentences() {
  const sentences: string[] = [];
  return {
    sentences: sentences as readonly string[],
    /** Keeps `sentence` unless `holds`. */
    unless(holds: boolean, sentence: string): void {
      if (!holds) sentences.push(sentence);
    },
  };
}
