import { SallyportError, type Clock } from "../base/index.ts";
import type { Ledger, LedgerEvent } from "../ledger/index.ts";
import { authorize, grantDigest, type Decision, type Denial, type Grant, type Operation } from "../policy/index.ts";
import type { TokenService } from "../token/index.ts";
import type { Admission, Attempt, Authority, Judged, Outcome } from "./authority.ts";

export type AuthorityOptions = {
  readonly tokens: TokenService;
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** Told of every attempt once it is over: the live view. */
  readonly onJudged: (judged: Judged) => void;
  /** Attempts of one step that are judged and recorded. Default 100,000. */
  readonly mostAttempts?: number;
};

/** About 70 MB of ledger. A program that asks in a loop would else fill the disk, and with it end every other run (attack 27). */
const MOST_ATTEMPTS = 100_000;

type AllowedAttempt = {
  readonly grant: Grant;
  readonly attempt: Attempt;
  readonly decision: Decision;
  /** The `seq` of the decision's ledger entry. */
  readonly entry: number;
};

/** Makes the one sequence that every door passes. One for a run: its counts and grants are that run's. */
export function createAuthority(options: AuthorityOptions): Authority {
  const { tokens, ledger, clock, onJudged, mostAttempts = MOST_ATTEMPTS } = options;
  const grants = new Map<string, Grant>();
  /** Allowed calls by step and tool, over all items and doors (design, section 3). */
  const calls = new Map<string, number>();
  const dismissed = new Set<string>();
  /** Attempts by step, allowed or not. */
  const attempts = new Map<number, number>();

  async function admit(grant: Grant): Promise<Admission> {
    const { step, item, expiresAt } = grant;
    // Not durable by itself: the next entry is, and a chain reaches the disk in order.
    await ledger.append({ type: "grant.made", step, item, grant, digest: grantDigest(grant) }, { durable: false });
    const { token, id } = await tokens.mint(grant);
    await ledger.append({ type: "token.minted", step, item, token: id, expiresAt }, { durable: true });
    grants.set(token.reveal(), grant);
    return { grant, token, tokenId: id };
  }

  async function perform<Result>(
    token: string,
    attempt: Attempt,
    act: () => Promise<Result>,
  ): Promise<Outcome<Result>> {
    const grant = grants.get(token);
    if (grant === undefined) throw unknownToken();
    if (await isFlood(grant)) return { allowed: false, denial: FLOODED };
    const refusal = await tokenRefusal(token, grant);
    const decision = refusal ?? judgeAndCount(grant, attempt);
    const durable = decision.allow && attempt.operation.writes;
    // Awaited in either case: a ledger that cannot be written stops the act (design, section 1).
    const entry = await ledger.append(recordOf(grant, attempt, decision), { durable });
    if (!decision.allow) {
      onJudged({ grant, attempt, decision, milliseconds: null, done: false });
      return { allowed: false, denial: decision };
    }
    return { allowed: true, result: await actAndRecord({ grant, attempt, decision, entry: entry.seq }, act) };
  }

  /** Beyond the limit nothing is done, so nothing is missing on record but the asking; one entry says so. */
  async function isFlood({ step }: Grant): Promise<boolean> {
    const count = (attempts.get(step) ?? 0) + 1;
    attempts.set(step, count);
    if (count === mostAttempts + 1) {
      const text = `the step made ${mostAttempts} attempts; all that follow are refused and not recorded one by one`;
      await ledger.append({ type: "notice", step, text }, { durable: true });
    }
    return count > mostAttempts;
  }

  async function actAndRecord<Result>(judged: AllowedAttempt, act: () => Promise<Result>): Promise<Result> {
    const { grant, attempt, decision, entry } = judged;
    const start = performance.now();
    let status: "ok" | "error" = "error";
    try {
      const result = await act();
      status = "ok";
      return result;
    } finally {
      const milliseconds = performance.now() - start;
      const { step, item } = grant;
      const operation = attempt.operation.id;
      const ms = Math.round(milliseconds * 100) / 100;
      // The act is done and its decision on record: a fault here shows at the next append and when the ledger closes.
      const done = { type: "operation.done", step, item, operation, decision: entry, status, ms } as const;
      ledger.append(done, { durable: false }).catch(() => undefined);
      onJudged({ grant, attempt, decision, milliseconds, done: status === "ok" });
    }
  }

  async function tokenRefusal(token: string, grant: Grant): Promise<Denial | null> {
    const verified = tokens.verifyKnown(token, grant) ?? (await tokens.verify(token, grant));
    if (verified.ok) return null;
    return { allow: false, gate: "token", reason: verified.reason, needs: { change: "start the step again" } };
  }

  /** In one go, without an await between: two calls at once cannot both be the last one allowed. */
  function judgeAndCount(grant: Grant, { operation, resource }: Attempt): Decision {
    const key = countKey(grant, operation);
    const done = calls.get(key) ?? 0;
    const decision = authorize(grant, operation, resource, { now: clock.now(), calls: done });
    if (!decision.allow) return decision;
    if (decision.ask) return NO_APPROVER;
    calls.set(key, done + 1);
    return decision;
  }

  async function foresee(token: string, operation: Operation): Promise<Decision> {
    const grant = grants.get(token);
    if (grant === undefined) throw unknownToken();
    const refusal = await tokenRefusal(token, grant);
    if (refusal !== null) return refusal;
    // Pins and ownership are about one call's arguments: a list shows the tool, the call is judged by them.
    const grantWithoutPins = withoutPins(grant, operation);
    const resource = { repository: grant.repository, arguments: {}, createdByAgent: true };
    return authorize(grantWithoutPins, operation, resource, {
      now: clock.now(),
      calls: calls.get(countKey(grant, operation)) ?? 0,
    });
  }

  async function dismiss({ tokenId }: Admission): Promise<void> {
    // The grant stays known, so that a late call is denied by its token and recorded.
    if (dismissed.has(tokenId)) return;
    dismissed.add(tokenId);
    await tokens.revoke(tokenId);
    await ledger.append({ type: "token.revoked", token: tokenId, reason: "its item ended" }, { durable: true });
  }

  return { admit, perform, foresee, dismiss };
}

function countKey(grant: Grant, operation: Operation): string {
  return `${grant.step} ${operation.tool ?? operation.id}`;
}

function withoutPins(grant: Grant, operation: Operation): Grant {
  const rule = operation.tool === null ? undefined : grant.tools.tools[operation.tool];
  if (rule?.arguments === undefined || operation.tool === null) return grant;
  const { arguments: _pins, ...rest } = rule;
  return { ...grant, tools: { ...grant.tools, tools: { ...grant.tools.tools, [operation.tool]: rest } } };
}

function recordOf(grant: Grant, attempt: Attempt, decision: Decision): LedgerEvent {
  const { step, item } = grant;
  const { operation, door, summary } = attempt;
  const { id, tool, writes } = operation;
  const common = { type: "decision", step, item, operation: id, door, tool, summary, writes } as const;
  if (decision.allow) return { ...common, allow: true, gate: null, reason: null, needs: null };
  const { scopes, change } = decision.needs;
  const needs = {
    ...(scopes === undefined ? {} : { scopes: [...scopes] }),
    ...(change === undefined ? {} : { change }),
  };
  return { ...common, allow: false, gate: decision.gate, reason: decision.reason, needs };
}

/** Until approvals are asked for, nobody can answer: without an approver, `ask` is a denial (design, rule 7). */
const NO_APPROVER: Denial = {
  allow: false,
  gate: "approval",
  reason: "it waits for a human, and no approver can be asked in this version",
  needs: { change: "allow the tool under toolPermissions, or let a person do it" },
};

const FLOODED: Denial = {
  allow: false,
  gate: "budget",
  reason: "the step has asked too often",
  needs: { change: "ask less often, in more than one step" },
};

function unknownToken(): SallyportError {
  return new SallyportError("refused", "The token belongs to no item of this run; each item has its own.");
}
