import type { Authority } from "../authority/index.ts";
import type { Broker } from "../broker/index.ts";
import type { Ledger } from "../ledger/index.ts";
import type { Plan } from "../pipeline/index.ts";
import type { RunFacts } from "./environment.ts";
import type { RunEvent } from "./run-event.ts";
import type { Workplace } from "./workplace.ts";

/** What is run: fixed when the run is created. */
export type PreparedRun = {
  readonly plan: Plan;
  /** `workspace/slug`. */
  readonly repository: string;
  /** The commit that is checked out, and whose files steer agents. Full object id. */
  readonly commit: string;
  /** For the header: `working tree of 9c1e2d4`. */
  readonly source: string;
  readonly branch: string | null;
  readonly tag: string | null;
  readonly pullRequest: { readonly id: number; readonly destination: string } | null;
  readonly variables: Readonly<Record<string, string>>;
  /** The commit against which a push's authority files are compared. */
  readonly trustedCommit: string;
  readonly protectedBranches: readonly string[];
  /** Why a step, by its number, is not reviewed; one that is missing here is reviewed (design, rule 2). */
  readonly unreviewed: ReadonlyMap<number, string>;
};

/** A run on its way: one object for the functions that walk it. */
export type RunContext = {
  readonly workplace: Workplace;
  readonly prepared: PreparedRun;
  readonly run: string;
  readonly facts: RunFacts;
  readonly ledger: Ledger;
  readonly authority: Authority;
  readonly broker: Broker;
  readonly emit: (event: RunEvent) => void;
  /** Aborted by Ctrl-C or `cancel`. */
  readonly signal: AbortSignal;
  /** Called when a box is open: gets the next one ready while this one works, if the plan has one more. */
  readonly warmNextBox: () => void;
};
