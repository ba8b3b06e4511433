import { digestOf } from "../base/index.ts";
import type { Scope } from "./scope.ts";
import type { ToolPermissions } from "./tool-permissions.ts";

/** `workspace/slug`, lower case: the only form in which a repository is compared. */
export type RepositoryName = string;

/**
 * What one item of a step may do: plain data, made once before the item starts, never changed. The token carries its digest.
 */
export type Grant = {
  /** Run id, step number counted from 1, and item id, unique in the run. */
  readonly run: string;
  readonly step: number;
  readonly item: string;
  readonly repository: RepositoryName;
  /** Sorted, with the implicit read. */
  readonly scopes: readonly Scope[];
  /** The agent that this item runs, or null for shell. */
  readonly agent: string | null;
  /** True for every item of a step that has an agent: an operation without a tool is then refused (design, rule 5). */
  readonly agentStep: boolean;
  readonly tools: ToolPermissions;
  /** Branches that no step writes, by glob; always contains the default branch (design, rule 9). */
  readonly protectedBranches: readonly string[];
  /** The commit of the trusted file, against which authority files are compared (design, rule 3). Full object id. */
  readonly trustedCommit: string;
  /** Model providers that the item may call: at most its agent's own. */
  readonly models: readonly string[];
  /** Hosts that the item may reach, as `host:port`. Empty: none. */
  readonly egress: readonly string[];
  /** Milliseconds since the epoch: the step's start plus its `max-time`. */
  readonly expiresAt: number;
  /** False when the step is not in the trusted file as written: it then has implicit read only (design, rule 2). */
  readonly reviewed: boolean;
  /** True when an artifact of an agent, or of a step that had one, comes in: its scopes are cut to that step's (design, rule 10). */
  readonly tainted?: true;
  /** Branches that a step with an agent may write, one list of globs a policy: a name must match one of each list. */
  readonly agentBranches?: readonly (readonly string[])[];
  /** What organisation policy lifts; absent: nothing. */
  readonly lifted?: Lifted;
  /** What was asked for and taken away, and by whom; absent: nothing. For people, no gate looks at it. */
  readonly cuts?: readonly Cut[];
};

/** Something that a policy took from a grant. */
export type Cut = {
  /** The policy's path, or the rule of the design. */
  readonly policy: string;
  /** Such as `scope write:repository:bitbucket`. */
  readonly what: string;
};

/** Exceptions of the rules that hold for a grant. Of globs there is one list a policy: a name must match one of each list. */
export type Lifted = {
  /** Rule 3: authority files that a push may change. Lower case, as they are compared. */
  readonly authorityFiles: readonly (readonly string[])[];
  /** Rule 5: operations without a tool that a step with an agent may do. */
  readonly operations: readonly string[];
  /** Rule 9: protected branches that may be pushed to. */
  readonly branches: readonly (readonly string[])[];
  /** Rule 9: build statuses may be posted. */
  readonly buildStatus: boolean;
};

/** SHA-256 over the grant's canonical JSON, lower-case hex: what the token carries and the ledger records. */
export function grantDigest(grant: Grant): string {
  return digestOf(grant);
}
