import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { ensurePrivateFolder, randomHex, readPrivateFile, SallyportError, Secret, syncFolder } from "../base/index.ts";

/**
 * Keys of model providers and the like, one file each, `home/credentials/<provider>.json`, 0600 in a 0700 folder.
 * Only the broker's process reads them.
 */
export type Credential = {
  readonly key: Secret;
  /** Where the provider's API is, when it is not at the provider's own address: a proxy, a local model. */
  readonly baseUrl?: string;
};

/**
 * The stored credential, or null when there is none. Throws `state-unsafe` when the file is a link, someone else's or
 * open to group or others; `invalid-file` when it holds no key.
 */
export function readCredential(home: string, provider: string): Credential | null {
  const file = credentialFile(home, provider);
  const content = readPrivateFile(file);
  return content === undefined ? null : parseCredential(file, content.text, provider);
}

/** Stores a credential, durably, in place of an older one; nobody ever sees half of it. */
export function writeCredential(home: string, provider: string, { key, baseUrl }: Credential): void {
  const file = credentialFile(home, provider);
  const folder = join(home, "credentials");
  ensurePrivateFolder(folder);
  const draft = join(folder, `.${provider}-${randomHex(8)}`);
  try {
    const descriptor = openSync(draft, "wx", 0o600);
    try {
      writeSync(descriptor, `${JSON.stringify({ key: key.reveal(), baseUrl })}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(draft, file);
    syncFolder(folder);
  } catch (error) {
    rmSync(draft, { force: true });
    throw new SallyportError("machine-fault", `${file} cannot be written; check the disk.`, { cause: error });
  }
}

function credentialFile(home: string, provider: string): string {
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(provider)) {
    throw new SallyportError("usage", "A provider's name is up to 32 lower-case letters, digits and hyphens.");
  }
  return join(home, "credentials", `${provider}.json`);
}

/** No cause in the errors: a parser's message quotes what it read. */
function parseCredential(file: string, text: string, provider: string): Credential {
  const invalid = new SallyportError("invalid-file", `${file} holds no key; run: sallyport login ${provider}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid;
  }
  if (typeof value !== "object" || value === null || !("key" in value)) throw invalid;
  if (typeof value.key !== "string" || value.key === "") throw invalid;
  const baseUrl = "baseUrl" in value ? value.baseUrl : undefined;
  if (baseUrl !== undefined && (typeof baseUrl !== "string" || !URL.canParse(baseUrl))) throw invalid;
  return { key: new Secret(value.key), ...(baseUrl === undefined ? {} : { baseUrl }) };
}
