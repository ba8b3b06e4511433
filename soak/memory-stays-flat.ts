import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createAuthority } from "../src/authority/index.ts";
import { createClock } from "../src/base/index.ts";
import { openDatabase } from "../src/db/index.ts";
import { ledgerMigrations, openLedger } from "../src/ledger/index.ts";
import { authorize, OPERATIONS, operationById, STEP_SCOPES, type Grant } from "../src/policy/index.ts";
import { createTokenService, tokenMigrations } from "../src/token/index.ts";
import type { Proof } from "./proof.ts";

setFlagsFromString("--expose-gc");
// Sound: with that flag, a new context has the function.
const collect = runInNewContext("gc") as () => void;

/** Bytes by which the heap may grow between two thirds of a run: noise, not a leak that a longer run would show. */
const ALLOWANCE = 4 * 1024 * 1024;

const GRANT: Grant = {
  run: "00000001",
  step: 1,
  item: "1-agent",
  repository: "demo/shop",
  scopes: STEP_SCOPES,
  agent: "soak",
  agentStep: true,
  tools: { default: null, tools: {} },
  protectedBranches: ["main"],
  trustedCommit: "0".repeat(40),
  models: [],
  egress: [],
  expiresAt: Number.MAX_SAFE_INTEGER,
  reviewed: true,
};

/** A million decisions, known tokens and attempts leave no memory behind. */
export const memoryStaysFlat: Proof = {
  name: "memory-stays-flat",
  claim: "decisions, token look-ups and recorded attempts leave no memory behind",
  async prove(short) {
    const rounds = short ? 30_000 : 1_000_000;
    const home = mkdtempSync(join(tmpdir(), "sallyport-soak-"));
    const database = openDatabase(home, [...tokenMigrations, ...ledgerMigrations]);
    const clock = createClock();
    const tokens = createTokenService({ database, home, clock });
    const ledger = await openLedger({ home, database, run: GRANT.run, clock });
    const authority = createAuthority({ tokens, ledger, clock, onJudged: () => undefined });
    const { token } = await authority.admit({ ...GRANT, expiresAt: Date.now() + 86_400_000 });
    const resource = { repository: "demo/shop", arguments: { pullRequestId: 1 } };
    const context = { now: 0, calls: 0 };
    const attempt = { operation: operationById("pullrequests.get"), resource, door: "rest" as const, summary: "soak" };
    const faults: string[] = [];
    try {
      const work: Readonly<Record<string, (index: number) => unknown>> = {
        decisions: (index) =>
          authorize(GRANT, OPERATIONS[index % OPERATIONS.length] ?? attempt.operation, resource, context),
        // A step may ask so often only, so what is measured stays below that.
        attempts: (index) => (index % 11 === 0 ? authority.perform(token.reveal(), attempt, async () => null) : null),
      };
      for (const [what, act] of Object.entries(work)) {
        const grown = await growth(rounds, act);
        if (grown > ALLOWANCE)
          faults.push(`${what}: the heap grew by ${Math.round(grown / 1024)} KiB in ${rounds} rounds`);
      }
    } finally {
      await ledger.close();
      database.close();
      rmSync(home, { recursive: true });
    }
    return faults;
  },
};

/** How much the heap grew from the first third of the rounds to the last. */
async function growth(rounds: number, act: (index: number) => unknown): Promise<number> {
  const third = Math.floor(rounds / 3);
  const used: number[] = [];
  for (let index = 0; index < third * 3; index += 1) {
    await act(index);
    if (index % third === third - 1) used.push(heap());
  }
  return (used.at(-1) ?? 0) - (used[0] ?? 0);
}

function heap(): number {
  collect();
  return process.memoryUsage().heapUsed;
}
