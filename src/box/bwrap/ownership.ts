import { lchownSync, lstatSync, readdirSync } from "node:fs";

const SLASH = Buffer.from("/");

/**
 * Gives a workspace and all in it to `uid`, without following a link (attack 28). The folder itself comes last: when it
 * has that owner, so has everything in it, because only boxes of that uid wrote there since; then nothing is walked, however
 * deep an agent has nested it (attack 27).
 */
export function giveTree(path: string, uid: number): void {
  const stats = lstatSync(path);
  if (stats.uid !== uid || stats.gid !== uid) giveEntry(Buffer.from(path), uid);
}

/** Names are bytes: one that is no UTF-8 would not be found again by its text. */
function giveEntry(path: Buffer, uid: number): void {
  const stats = lstatSync(path);
  if (stats.isDirectory()) {
    for (const name of readdirSync(path, { encoding: "buffer" })) giveEntry(Buffer.concat([path, SLASH, name]), uid);
  }
  if (stats.uid !== uid || stats.gid !== uid) lchownSync(path, uid, uid);
}
