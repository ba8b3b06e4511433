import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { environmentFor } from "./sallyport.ts";

/** A git repository at `directory` whose branch `main` has one commit with these files. */
export async function makeClone(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(directory, { recursive: true });
  git(directory, "init", "--quiet", "--initial-branch=main");
  await commitFiles(directory, files);
}

export async function commitFiles(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
  git(directory, "add", "--all");
  git(directory, "-c", "user.name=Robin", "-c", "user.email=robin@example.com", "commit", "--quiet", "--message=Work");
}

export function git(directory: string, ...args: readonly string[]): string {
  return execFileSync("git", args, { cwd: directory, env: environmentFor(directory), encoding: "utf8" });
}
