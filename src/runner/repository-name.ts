import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";

/**
 * The name that a clone has in the forge: what its `origin` says when that is a Bitbucket address, else `local/FOLDER-HASH`
 * where the hash is of the folder's path, so that two folders of the same name stay two repositories.
 */
export async function repositoryNameOf(directory: string): Promise<string> {
  const config = await readFile(join(directory, ".git", "config"), "utf8").catch(() => "");
  const origin = /^\[remote "origin"\][^[]*?^\s*url\s*=\s*(?<url>.+)$/mu.exec(config)?.groups?.["url"];
  const hosted = /bitbucket\.org[/:](?<name>[^/\s]+\/[^/\s]+?)(?:\.git)?\/?\s*$/u.exec(origin ?? "")?.groups?.["name"];
  if (hosted !== undefined) return hosted.toLowerCase();
  const folder = basename(directory)
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/gu, "-")
    .replaceAll(/^-+|-+$/gu, "")
    .slice(0, 40);
  return `local/${folder || "repository"}-${createHash("sha256").update(directory).digest("hex").slice(0, 6)}`;
}
