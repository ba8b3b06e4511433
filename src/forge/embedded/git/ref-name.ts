const FORBIDDEN = /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|\/\.|\.lock(?:\/|$)|\/$|\.$|^[./]/u;

/**
 * Whether git takes `name` for a full ref name such as `refs/heads/main`: the rules of `git check-ref-format`, with the
 * limit of 1,000 bytes added. The tests hold it against git itself.
 */
export function isRefName(name: string): boolean {
  return name.includes("/") && Buffer.byteLength(name) <= 1_000 && !FORBIDDEN.test(name);
}

/** Whether `name` can be a branch: a ref name below `refs/heads/`, not `HEAD`, and not one that reads as an option. */
export function isBranchName(name: string): boolean {
  return name !== "" && !name.startsWith("-") && name !== "HEAD" && isRefName(`refs/heads/${name}`);
}

/** Whether `text` is a full object id, SHA-1 or SHA-256. */
export function isObjectId(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u.test(text);
}

/** What git writes for "no object". */
export function isNullId(id: string): boolean {
  return /^0+$/u.test(id);
}
