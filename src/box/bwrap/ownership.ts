import { lchownSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";

/**
 * Gives a workspace and all in it to `uid`, without following a link (attack 28). Only what has another owner is
 * touched: what an earlier box with this uid made stays as it is.
 */
export function giveTree(path: string, uid: number): void {
  const stats = lstatSync(path);
  if (stats.uid !== uid || stats.gid !== uid) lchownSync(path, uid, uid);
  if (!stats.isDirectory()) return;
  for (const name of readdirSync(path)) giveTree(join(path, name), uid);
}
