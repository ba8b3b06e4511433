import { AUTHORITY_FILES } from "../policy/index.ts";

/** Where an item's script stands in its box, read-only. */
export const SCRIPT_PATH = "/opt/sallyport/item/script.sh";

/**
 * A step's lines as one bash script: each line is printed before it runs, a failing one ends the item, and variables
 * and the directory carry over from line to line, as in Bitbucket.
 */
export function shellScript(lines: readonly string[]): string {
  const parts = lines.map((line) => `printf '%s\\n' ${quoteForShell(`+ ${line}`)}\n${line}\n`);
  return `set -e\n${parts.join("")}`;
}

/**
 * Clones through `origin` inside the box (design, section 4: no git outside a box has a workspace as its work tree).
 * `branch` is null on a tag or a bare commit: the head is then detached.
 */
export function cloneScript(clone: {
  readonly origin: string;
  readonly commit: string;
  readonly branch: string | null;
  readonly depth: number | null;
}): string {
  const depth = clone.depth === null ? "" : ` --depth=${clone.depth}`;
  const origin = quoteForShell(clone.origin);
  const checkout =
    clone.branch === null
      ? `git checkout --quiet --detach ${clone.commit}`
      : `git checkout --quiet -B ${quoteForShell(clone.branch)} ${clone.commit}`;
  return [
    "set -e",
    `git clone --quiet --no-checkout${depth} ${origin} .`,
    // A snapshot or a shallow clone's commit is not among the branches' tips: only then is it fetched by its id.
    `${checkout} 2>/dev/null || { git fetch --quiet --no-tags${depth} origin ${clone.commit} && ${checkout}; }`,
    "",
  ].join("\n");
}

/** Packs what matches the globs, to standard output. Runs in a box, since the names in a workspace are the agent's. */
export function packScript(globs: readonly string[]): string {
  return [
    "shopt -s globstar nullglob dotglob",
    "IFS=",
    "files=()",
    // Unquoted on purpose: this is where the globs are expanded; IFS is empty, so nothing is split.
    ...globs.map((glob) => `for file in ${globForShell(glob)}; do files+=("./$file"); done`),
    '[ "${#files[@]}" -gt 0 ] || exit 0',
    'tar --create --file=- -- "${files[@]}" 2>/dev/null',
    "",
  ].join("\n");
}

/**
 * Unpacks an archive into the workspace; tar itself refuses absolute and `..` names (attacks 16, 28). What steers agents is
 * the checkout's, never an artifact's: the step that made it may be one that nobody reviewed (attack 38).
 */
export function unpackScript(archive: string): string {
  const excluded = AUTHORITY_FILES.flatMap(excludedNames).map((name) => `--exclude=${quoteForShell(name)}`);
  return `tar --extract --file=${quoteForShell(archive)} --no-same-owner --no-same-permissions --ignore-case ${excluded.join(" ")}\n`;
}

/** A glob of ours in tar's terms: without braces, and at any depth by itself. A folder goes with all that it holds. */
function excludedNames(glob: string): readonly string[] {
  const [, before = "", choices = "", after = ""] = /^(.*?)\{([^{}]*)\}(.*)$/su.exec(glob) ?? [];
  if (before + choices + after !== "")
    return choices.split(",").flatMap((choice) => excludedNames(`${before}${choice}${after}`));
  return glob.startsWith("**/") ? [] : [glob.replace(/\/\*\*$/u, "")];
}

/** One word for a POSIX shell. */
export function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Keeps `*`, `?`, `**`, `{a,b}` active and quotes everything else. */
function globForShell(glob: string): string {
  return glob
    .split(/([*?{},]+)/u)
    .map((part, index) => (index % 2 === 1 ? part : part === "" ? "" : quoteForShell(part)))
    .join("");
}
