import type { Database } from "../db/index.ts";

/** What the database keeps about a token: never the token itself. Times in milliseconds since the epoch. */
export type TokenRecord = {
  readonly id: string;
  readonly run: string;
  readonly step: number;
  readonly item: string;
  readonly grantDigest: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** The key that signed it. */
  readonly kid: string;
};

export interface TokenRecords {
  /** Resolves when every process sees the row. A power cut may lose it: the token is then unknown, which is safe. */
  add(record: TokenRecord): Promise<void>;
  /** Reads the database, so that another process's revocation is seen at once. `unknown`: never minted here. */
  standing(id: string): "live" | "revoked" | "unknown";
  /** When a token ends by itself. Undefined: never minted here. */
  expiresAt(id: string): number | undefined;
  /** The digest of a token's grant. Undefined: never minted here. */
  grantDigest(id: string): string | undefined;
  /** The keys that signed a token which is over later than `now`; null among them: some key from before keys rotated. */
  kidsInUse(now: number): readonly (string | null)[];
  /** Resolves when durable; keeps the first time. */
  revoke(id: string, at: number): Promise<void>;
  /** Revokes what is left of a run. Returns the ids that this call revoked. */
  revokeRun(run: string, at: number): Promise<readonly string[]>;
}

/** Prepared statements: a standing is read on every call of every agent. */
export function createTokenRecords({ raw, write, writeLazily }: Database): TokenRecords {
  const insert = raw.prepare(
    `insert into tokens (id, run, step, item, grant_digest, issued_at, expires_at, kid)
     values (@id, @run, @step, @item, @grantDigest, @issuedAt, @expiresAt, @kid)`,
  );
  // One plucked column: measured a fifth faster than a row of two.
  const selectRevoked = raw.prepare<[string], number>("select revoked_at is not null from tokens where id = ?").pluck();
  const selectExpiry = raw.prepare<[string], number>("select expires_at from tokens where id = ?").pluck();
  const selectDigest = raw.prepare<[string], string>("select grant_digest from tokens where id = ?").pluck();
  const selectKids = raw
    .prepare<[number], string | null>("select distinct kid from tokens where expires_at > ? and revoked_at is null")
    .pluck();
  const revoke = raw.prepare<[number, string]>("update tokens set revoked_at = ? where id = ? and revoked_at is null");
  const revokeRun = raw
    .prepare<[number, string], string>(
      "update tokens set revoked_at = ? where run = ? and revoked_at is null returning id",
    )
    .pluck();

  return {
    add: async (record) => void (await writeLazily(() => insert.run(record))),
    standing(id) {
      const revoked = selectRevoked.get(id);
      if (revoked === undefined) return "unknown";
      return revoked === 0 ? "live" : "revoked";
    },
    expiresAt: (id) => selectExpiry.get(id),
    grantDigest: (id) => selectDigest.get(id),
    kidsInUse: (now) => selectKids.all(now),
    revoke: async (id, at) => void (await write(() => revoke.run(at, id))),
    revokeRun: (run, at) => write(() => revokeRun.all(at, run)),
  };
}
