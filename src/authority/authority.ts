import type { Secret } from "../base/index.ts";
import type { Decision, Denial, Grant, Operation, Resource } from "../policy/index.ts";

/** The door that a request came by: for the record only, no gate looks at it. */
export type Door = "mcp" | "rest" | "git" | "proxy" | "model" | "package";

/** What somebody wants to do, parsed. */
export type Attempt = {
  readonly operation: Operation;
  readonly resource: Resource;
  readonly door: Door;
  /** How the request reads for a person: `createPullRequest "Totally harmless"`, `git push origin main`. Inert text. */
  readonly summary: string;
};

/** A grant with its token, while its item runs. */
export type Admission = {
  readonly grant: Grant;
  readonly token: Secret;
  /** The token's id (`jti`): what the ledger and the log may name. */
  readonly tokenId: string;
};

/** What became of an attempt. */
export type Outcome<Result> =
  { readonly allowed: true; readonly result: Result } | { readonly allowed: false; readonly denial: Denial };

/** An attempt as it was judged: what the live view shows. */
export type Judged = {
  readonly grant: Grant;
  readonly attempt: Attempt;
  readonly decision: Decision;
  /** Milliseconds that the act took; null for a denial. */
  readonly milliseconds: number | null;
  /** Whether it was really done: false for a denial, and for what was allowed and then failed. */
  readonly done: boolean;
};

/**
 * The one authority path (design, section 3): every door passes `perform`, and nothing reaches the forge, a model or
 * the network by another way.
 */
export interface Authority {
  /** Mints a token for the grant, writes it to the ledger, and knows the grant from then on. */
  admit(grant: Grant): Promise<Admission>;
  /**
   * Verifies the token, authorizes, counts, asks, writes the ledger (durably before a write, rule 14), then acts.
   * A denial is a result. If the ledger cannot be written, the act does not happen and the fault is thrown.
   */
  perform<Result>(token: string, attempt: Attempt, act: () => Promise<Result>): Promise<Outcome<Result>>;
  /** Whether a call would be allowed now, without counting or recording: for `tools/list` only (rule 6). */
  foresee(token: string, operation: Operation): Promise<Decision>;
  /** Revokes the token, durably, in the same call. Idempotent. */
  dismiss(admission: Admission): Promise<void>;
}
