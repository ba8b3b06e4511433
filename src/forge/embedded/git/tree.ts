/** A file, folder, link or submodule in a tree, as git has it: never by a work tree. */
export type TreeEntry = {
  /** Git's mode without leading zeros: `100644`, `100755`, `120000` (link), `160000` (submodule), `40000` (folder). */
  readonly mode: string;
  readonly id: string;
  readonly name: string;
};

/** Reads the bytes of a tree object: `<mode> <name>NUL<id>` again and again (gitformat-pack(5) calls it "raw tree"). */
export function parseTree(bytes: Buffer, idLength: 20 | 32): readonly TreeEntry[] {
  const entries: TreeEntry[] = [];
  let at = 0;
  while (at < bytes.length) {
    const end = bytes.indexOf(0, at);
    const [mode = "", ...name] = bytes.toString("utf8", at, end).split(" ");
    at = end + 1 + idLength;
    entries.push({ mode, name: name.join(" "), id: bytes.toString("hex", end + 1, at) });
  }
  return entries;
}

/** A path as a tree names it, or null for one that leads out or names nothing. */
export function normalisePath(path: string): string | null {
  if (path.includes("\0") || path.startsWith("/")) return null;
  const parts = path.split("/").filter((part) => part !== "." && part !== "");
  return parts.length === 0 || parts.includes("..") ? null : parts.join("/");
}
