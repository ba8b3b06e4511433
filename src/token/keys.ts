import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  type webcrypto,
} from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import {
  assertPrivate,
  canonicalJson,
  ensurePrivateFolder,
  randomHex,
  SallyportError,
  systemErrorCode,
} from "../base/index.ts";

/** The Ed25519 pair that signs tokens. `kid` is the RFC 7638 thumbprint of the public key. */
export type SigningKey = {
  readonly kid: string;
  readonly privateKey: webcrypto.CryptoKey;
  readonly publicKey: webcrypto.CryptoKey;
};

/**
 * Reads `home/keys/token.jwk`, making it on first use. Two processes that do so at once end with the same key.
 *
 * Throws `state-unsafe` when the file is a link, someone else's or readable by others; `machine-fault` when damaged.
 */
export function loadSigningKey(home: string): SigningKey {
  const folder = join(home, "keys");
  const file = join(folder, "token.jwk");
  ensurePrivateFolder(folder);
  const text = readKey(file) ?? createKey(folder, file);
  try {
    // Sound: node checks the members of a JWK itself, and throws on anything else.
    const key = JSON.parse(text) as JsonWebKey;
    const privateKey = createPrivateKey({ key, format: "jwk" });
    if (privateKey.asymmetricKeyType !== "ed25519") throw new TypeError("not an Ed25519 key");
    const publicKey = createPublicKey(privateKey);
    return {
      kid: thumbprint(publicKey),
      // jose is a third faster with these than with key objects; the private one cannot be exported again.
      privateKey: privateKey.toCryptoKey({ name: "Ed25519" }, false, ["sign"]),
      publicKey: publicKey.toCryptoKey({ name: "Ed25519" }, true, ["verify"]),
    };
  } catch {
    // No cause: a parser's message may quote the key.
    throw new SallyportError("machine-fault", `${file} holds no Ed25519 key; move it away to have a new one made.`);
  }
}

function readKey(file: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "ENOENT") return undefined;
    if (code === "ELOOP") throw new SallyportError("state-unsafe", `${file} is a symbolic link; move it away.`);
    throw new SallyportError("machine-fault", `${file} cannot be read; check its permissions.`, { cause: error });
  }
  try {
    assertPrivate(file, fstatSync(descriptor));
    return readFileSync(descriptor, "utf8");
  } finally {
    closeSync(descriptor);
  }
}

/** Writes the whole key beside its place, then links it there: `link` fails when another process was first. */
function createKey(folder: string, file: string): string {
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
  const text = readKey(file);
  if (text === undefined) throw new SallyportError("machine-fault", `${file} vanished while it was made; try again.`);
  return text;
}

/** Makes the new name itself survive a power cut. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, constants.O_RDONLY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** RFC 7638, with the members of RFC 8037 section 2: `canonicalJson` is exactly the form that it hashes. */
function thumbprint(publicKey: KeyObject): string {
  const { crv, kty, x } = publicKey.export({ format: "jwk" });
  return createHash("sha256").update(canonicalJson({ crv, kty, x })).digest("base64url");
}
