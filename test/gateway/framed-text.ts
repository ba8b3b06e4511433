/** The number in a result's frame. */
export function mark(shown: string): string {
  return /===== untrusted (\w+) begins =====/.exec(shown)?.[1] ?? "no mark";
}

/** What stands between the two marked lines. */
export function inside(shown: string): string {
  const id = mark(shown);
  const [, rest = ""] = shown.split(`===== untrusted ${id} begins =====\n`);
  return rest.split(`\n===== untrusted ${id} ends =====`)[0] ?? "";
}

/** The same, read as JSON. */
export function framed(shown: string): unknown {
  return JSON.parse(inside(shown));
}
