import type { Authority } from "../authority/index.ts";
import type { Broker } from "../broker/index.ts";
import type { Ledger } from "../ledger/index.ts";
import type { Plan } from "../pipeline/index.ts";
import type { Ceiling, Policy } from "../policy/index.ts";
import type { RunFacts } from "./environment.ts";
import type { InstructionFiles } from "./instruction-files.ts";
import type { Unreviewed } from "./review.ts";
import type { RunEvent } from "./run-event.ts";
import type { Taint } from "./taint.ts";
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
  readonly unreviewed: ReadonlyMap<number, Unreviewed>;
  /** Steps that take in what an agent had a part in, by number (design, rule 10). */
  readonly taints: ReadonlyMap<number, Taint>;
  readonly policies: readonly Policy[];
  /** What of the policies holds for this repository. */
  readonly ceilings: readonly Ceiling[];
  /** Set when a pull request's own code runs. */
  readonly instructions: InstructionFiles | null;
  /** The commit in which a file that steers an agent stands. */
  readonly steeringCommit: (path: string) => string;
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
