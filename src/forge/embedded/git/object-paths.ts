/**
 * A value of `GIT_ALTERNATE_OBJECT_DIRECTORIES` for one folder. An entry in double quotes may hold a colon
 * (git's documentation of the variable).
 */
export function alternateOf(path: string): string {
  return `"${path.replaceAll(/["\\]/gu, "\\$&")}"`;
}
