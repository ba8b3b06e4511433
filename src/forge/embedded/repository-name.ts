/**
 * `workspace/slug`, lower case, as it stands in addresses and paths. Letters, digits, `_`, `-` and dots, but no leading
 * dot or dash, no `..`, and no `.git` at the end, so that a name is never another path or an option (attack 29).
 */
export function isRepositoryName(name: string): boolean {
  const parts = name.split("/");
  return parts.length === 2 && parts.every(isNamePart);
}

function isNamePart(part: string): boolean {
  return /^[a-z0-9_][a-z0-9_.-]{0,61}$/u.test(part) && !part.includes("..") && !/\.(?:git|lock)$|\.$/u.test(part);
}
