import { generateKeyPairSync } from "node:crypto";
import { closeSync, fsyncSync, linkSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { randomHex, SallyportError, syncFolder, systemErrorCode } from "../base/index.ts";

/** One key on disk. The first is `token.jwk`, later ones `token-2.jwk` and so on: the highest number signs. */
export type KeyFile = { readonly number: number; readonly path: string };

/** The keys of a folder, oldest first. Other names, such as drafts, are none. */
export function listKeyFiles(folder: string): readonly KeyFile[] {
  const numbers = readdirSync(folder).flatMap((name) => {
    const match = /^token(?:-(?<number>[1-9]\d{0,8}))?\.jwk$/u.exec(name);
    return match === null ? [] : [Number(match.groups?.["number"] ?? 1)];
  });
  return [...new Set(numbers)].sort((left, right) => left - right).map((number) => keyFile(folder, number));
}

export function keyFile(folder: string, number: number): KeyFile {
  return { number, path: join(folder, number === 1 ? "token.jwk" : `token-${number}.jwk`) };
}

/**
 * Makes a key unless the file is there: written whole beside its place, then linked, which fails when another process
 * was first. Either way the file holds a key afterwards.
 */
export function createKeyFile(folder: string, file: string): void {
  const draft = join(folder, `.token-${randomHex(8)}`);
  const descriptor = openSync(draft, "wx", 0o600);
  try {
    writeSync(descriptor, JSON.stringify(generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" })));
    fsyncSync(descriptor);
    linkSync(draft, file);
    syncFolder(folder);
  } catch (error) {
    if (systemErrorCode(error) !== "EEXIST") {
      throw new SallyportError("machine-fault", `${file} cannot be written; check the disk.`, { cause: error });
    }
  } finally {
    closeSync(descriptor);
    rmSync(draft, { force: true });
  }
}
