import { generateKeyPairSync, sign, verify } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClock } from "../../src/base/index.ts";
import { openDatabase } from "../../src/db/index.ts";
import type { Grant } from "../../src/policy/index.ts";
import { createTokenService, tokenMigrations, type TokenService } from "../../src/token/index.ts";
import type { Measurement, Sides } from "../measurement.ts";
import { rate } from "./rate.ts";

/** Milliseconds for one, from this many in a row. */
const COUNT = 400;

async function each(act: (index: number) => unknown): Promise<number> {
  const start = performance.now();
  for (let index = 0; index < COUNT; index += 1) await act(index);
  return (performance.now() - start) / COUNT;
}

function grant(): Grant {
  return {
    run: "00000001",
    step: 1,
    item: "1-agent",
    repository: "demo/shop",
    scopes: ["read:repository:bitbucket"],
    agent: "bench",
    agentStep: true,
    tools: { default: null, tools: {} },
    protectedBranches: ["main"],
    trustedCommit: "0".repeat(40),
    models: [],
    egress: [],
    expiresAt: Date.now() + 86_400_000,
    reviewed: true,
  };
}

/** A token service on a state folder of its own, and a bare key pair beside it. */
async function withTokens(
  measureOurs: (tokens: TokenService) => Promise<() => Promise<number>>,
  theirs: () => Promise<number>,
): Promise<Sides> {
  const home = mkdtempSync(join(tmpdir(), "sallyport-bench-tokens-"));
  const database = openDatabase(home, tokenMigrations);
  const ours = await measureOurs(createTokenService({ database, home, clock: createClock() }));
  return {
    ours,
    theirs,
    async [Symbol.asyncDispose]() {
      database.close();
      rmSync(home, { recursive: true });
    },
  };
}

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
/** As long as what a token signs. */
const MESSAGE = Buffer.alloc(600, "x");
const SIGNATURE = sign(null, MESSAGE, privateKey);

export const tokenMint: Measurement = {
  name: "token-mint",
  group: "authority",
  unit: "ms",
  against: "a bare Ed25519 signature",
  budget: 4,
  repetitions: 9,
  prepare: () =>
    withTokens(
      async (tokens) => () => each(() => tokens.mint(grant())),
      () => each(() => sign(null, MESSAGE, privateKey)),
    ),
};

export const tokenVerify: Measurement = {
  name: "token-verify",
  group: "authority",
  unit: "ms",
  against: "a bare Ed25519 verification",
  budget: 2.2,
  repetitions: 9,
  prepare: () =>
    withTokens(
      async (tokens) => {
        const original = grant();
        const minted = await tokens.mint(original);
        // Another grant object with the same content is not the one that was checked, so all of it is checked again.
        return () => each(() => tokens.verify(minted.token.reveal(), structuredClone(original)));
      },
      () => each(() => verify(null, MESSAGE, publicKey, SIGNATURE)),
    ),
};

export const tokenKnown: Measurement = {
  name: "token-known",
  group: "authority",
  unit: "per second",
  against: "300,000 a second",
  budget: 1,
  repetitions: 9,
  prepare: () =>
    withTokens(
      async (tokens) => {
        const known = grant();
        const token = (await tokens.mint(known)).token.reveal();
        await tokens.verify(token, known);
        return async () => rate(100_000, () => void tokens.verifyKnown(token, known));
      },
      async () => 300_000,
    ),
};
