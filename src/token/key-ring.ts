import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
  type webcrypto,
} from "node:crypto";
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson, ensurePrivateFolder, readPrivateFile, SallyportError, syncFolder } from "../base/index.ts";
import { createKeyFile, keyFile, listKeyFiles, type KeyFile } from "./key-files.ts";

/** A public key as RFC 8037 and RFC 7517 write it. `kid` is the RFC 7638 thumbprint. */
export type PublicJwk = {
  readonly kty: "OKP";
  readonly crv: "Ed25519";
  readonly x: string;
  readonly kid: string;
  readonly alg: "EdDSA";
  readonly use: "sig";
};

/** One Ed25519 pair. */
export type SigningKey = {
  readonly kid: string;
  readonly privateKey: KeyObject;
  /** What jose verifies with: a third faster than a key object. */
  readonly publicKey: webcrypto.CryptoKey;
  readonly jwk: PublicJwk;
  readonly file: KeyFile;
  /** Milliseconds since the epoch. */
  readonly writtenAt: number;
};

/**
 * The keys of `home/keys`: the newest signs, the others verify what they signed. Several processes may have one over the
 * same home; each call sees what another added or took away.
 *
 * Every function throws `state-unsafe` when a file is a link, someone else's or readable by others, and `machine-fault`
 * when one is damaged.
 */
export interface KeyRing {
  newest(): SigningKey;
  /** Undefined: never here, or retired. */
  find(kid: string): SigningKey | undefined;
  /** Oldest first. */
  all(): readonly SigningKey[];
  /** Adds a key, which signs from now on. Of two processes that do so at once, both end with the same one. */
  rotate(): SigningKey;
  /** Takes a key away for good; never the newest, which is a caller's bug: `TypeError`. */
  remove(key: SigningKey): void;
}

/** A change of the folder may bear the same time as the look before it, when the two are closer than this. */
const COARSEST_CLOCK_NS = 50_000_000n;

/** Opens the ring, making its first key when there is none. Two processes that do so at once end with the same key. */
export function openKeyRing(home: string): KeyRing {
  const folder = join(home, "keys");
  let keys: readonly SigningKey[] = [];
  let seen: bigint | null = null;

  /** One `stat` when nothing changed, so that an unknown `kid` costs no more than a known one. */
  function look(): readonly SigningKey[] {
    const changed = statSync(folder, { bigint: true, throwIfNoEntry: false })?.mtimeNs;
    if (changed !== undefined && changed === seen) return keys;
    ensurePrivateFolder(folder);
    if (listKeyFiles(folder).length === 0) createKeyFile(folder, keyFile(folder, 1).path);
    const known = new Map(keys.map((key) => [key.file.path, key]));
    const before = statSync(folder, { bigint: true }).mtimeNs;
    keys = listKeyFiles(folder).flatMap((file) => known.get(file.path) ?? readKey(file) ?? []);
    seen = BigInt(Date.now()) * 1_000_000n - before > COARSEST_CLOCK_NS ? before : null;
    return keys;
  }

  function newest(): SigningKey {
    const key = look().at(-1);
    if (key === undefined) throw new SallyportError("machine-fault", `The keys in ${folder} vanished; try again.`);
    return key;
  }

  newest();
  return {
    newest,
    find: (kid) => look().find((key) => key.kid === kid),
    all: look,
    rotate() {
      createKeyFile(folder, keyFile(folder, newest().file.number + 1).path);
      seen = null;
      return newest();
    },
    remove(key) {
      if (key.kid === newest().kid) throw new TypeError("the key that signs is never taken away");
      rmSync(key.file.path, { force: true });
      syncFolder(folder);
      seen = null;
    },
  };
}

function readKey(file: KeyFile): SigningKey | undefined {
  const content = readPrivateFile(file.path);
  if (content === undefined) return undefined;
  try {
    // Sound: node checks the members of a JWK itself, and throws on anything else.
    const privateKey = createPrivateKey({ key: JSON.parse(content.text) as JsonWebKey, format: "jwk" });
    if (privateKey.asymmetricKeyType !== "ed25519") throw new TypeError("not an Ed25519 key");
    const publicKey = createPublicKey(privateKey);
    const { x = "" } = publicKey.export({ format: "jwk" });
    const kid = thumbprint(x);
    return {
      kid,
      privateKey,
      publicKey: publicKey.toCryptoKey({ name: "Ed25519" }, true, ["verify"]),
      jwk: { kty: "OKP", crv: "Ed25519", x, kid, alg: "EdDSA", use: "sig" },
      file,
      writtenAt: content.writtenAt,
    };
  } catch {
    // No cause: a parser's message may quote the key.
    throw new SallyportError(
      "machine-fault",
      `${file.path} holds no Ed25519 key; move it away to have a new one made.`,
    );
  }
}

/** RFC 7638, with the members of RFC 8037 section 2: `canonicalJson` is exactly the form that it hashes. */
function thumbprint(x: string): string {
  return createHash("sha256")
    .update(canonicalJson({ crv: "Ed25519", kty: "OKP", x }))
    .digest("base64url");
}
