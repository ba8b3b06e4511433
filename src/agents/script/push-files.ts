import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { runCommand, type CommandResult } from "./run-command.ts";

const AUTHOR = ["-c", "user.name=script-agent", "-c", "user.email=script-agent@localhost"];

/**
 * Writes files into the workspace, commits them and pushes the commit to `branch` of `origin`, whatever branch is checked
 * out. After a refused push the commit is taken back, so that the next push does not carry it.
 */
export async function pushFiles(
  workspace: string,
  branch: string,
  files: Readonly<Record<string, string>>,
  message: string,
): Promise<CommandResult> {
  const git = (...args: string[]): Promise<CommandResult> => runCommand(["git", ...args], workspace);
  const start = await git("rev-parse", "--verify", "HEAD");
  if (start.code !== 0) return start;
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(workspace, path)), { recursive: true });
    await writeFile(join(workspace, path), text);
  }
  const paths = Object.keys(files);
  const added = paths.length === 0 ? start : await git("add", "-f", "--", ...paths);
  if (added.code !== 0) return added;
  const committed = await git(...AUTHOR, "commit", "-q", "--allow-empty", "-m", message);
  if (committed.code !== 0) return committed;
  const pushed = await git("push", "-q", "origin", `HEAD:refs/heads/${branch}`);
  if (pushed.code !== 0) await git("reset", "-q", start.output.trim());
  return pushed;
}
