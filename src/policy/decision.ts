/** The checks that an operation passes, in the order in which they are asked. */
export const GATES = [
  "token",
  "repository",
  "human-gate",
  "scope",
  "tool",
  "argument",
  "budget",
  "branch",
  "authority-file",
  "egress",
  "model",
  "approval",
] as const;

export type Gate = (typeof GATES)[number];

/**
 * The answer to "may this be done": never a bare boolean. A denial says which gate, why, and what would have to change
 * (design, rule 11); it never contains a secret.
 */
export type Decision = Allowed | Denial;

export type Allowed = {
  readonly allow: true;
  /** The permission still waits for a human: `authority` asks before it acts. */
  readonly ask: boolean;
};

export type Denial = {
  readonly allow: false;
  readonly gate: Gate;
  /** One clause, lower case, without a full stop: "needs write:pullrequest:bitbucket". */
  readonly reason: string;
  /** What a human would have to change, as data: all scopes that the operation needs, or one sentence. */
  readonly needs: { readonly scopes?: readonly string[]; readonly change?: string };
};
