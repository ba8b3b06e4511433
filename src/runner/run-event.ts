import type { Judged } from "../authority/index.ts";

/** What happens in a run, in the order of happening: for the live view, plain lines and `--json`. Text in it is not inert yet. */
export type RunEvent =
  | {
      readonly type: "run-started";
      readonly run: string;
      readonly selector: string;
      readonly repository: string;
      readonly pullRequest: number | null;
      /** Such as `working tree of 9c1e2d4` or `commit 9c1e2d4`. */
      readonly source: string;
    }
  | {
      readonly type: "step-started";
      readonly step: number;
      readonly name: string;
      readonly box: string;
      readonly scopes: readonly string[];
      readonly maxTime: number;
      /** `name (provider)` of each agent. */
      readonly agents: readonly string[];
      /** Sentences that the one who started the run should know: unreviewed text, ignored keys, withheld artifacts. */
      readonly notes: readonly string[];
    }
  | { readonly type: "item-started"; readonly step: number; readonly item: string; readonly kind: ItemKind }
  | { readonly type: "output"; readonly step: number; readonly item: string; readonly text: string }
  | { readonly type: "judged"; readonly step: number; readonly judged: Judged }
  | {
      readonly type: "step-ended";
      readonly step: number;
      readonly state: "passed" | "failed" | "interrupted";
      /** One clause when it did not pass: `exit code 1`, `max-time of 10 minutes is over`, `memory limit`. */
      readonly reason: string | null;
      readonly seconds: number;
      readonly allowed: number;
      readonly denied: number;
    }
  | {
      readonly type: "run-ended";
      readonly run: string;
      readonly state: "passed" | "failed" | "interrupted";
      readonly ledgerEntries: number;
      readonly ledgerVerified: boolean;
    };

export type ItemKind = "clone" | "shell" | "agent" | "after-script" | "artifacts";
