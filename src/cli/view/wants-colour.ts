/** Whether colour is for this reader: a terminal that has it, and nobody who declined it (https://no-color.org: set and not empty). */
export function wantsColour(
  stream: { readonly isTTY?: boolean },
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  return stream.isTTY === true && environment["TERM"] !== "dumb" && (environment["NO_COLOR"] ?? "") === "";
}
