/** `did you mean NAME?`, or `otherwise` when no name is near: the end of a sentence, with its mark. */
export async function didYouMean(written: string, names: readonly string[], otherwise: string): Promise<string> {
  // Loaded here only: a mistyped word may cost what the ordinary start must not.
  const { nearestName } = await import("../policy/index.ts");
  const near = nearestName(written, names);
  return near === undefined ? otherwise : `did you mean ${near}?`;
}
