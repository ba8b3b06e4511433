import type { AgentProvider } from "../agents/index.ts";
import type { Clock } from "../base/index.ts";
import type { BoxProvider } from "../box/index.ts";
import type { BrokerOptions } from "../broker/index.ts";
import type { Database } from "../db/index.ts";
import type { EmbeddedForge } from "../forge/index.ts";
import type { AgentProviderName } from "../policy/index.ts";
import type { RunStore } from "../runs/index.ts";
import type { TokenService } from "../token/index.ts";

/** What a run is made with: chosen and opened by the composition root, shared by all runs of a process. */
export type Workplace = {
  readonly home: string;
  /** The version of Sallyport, as clients of the gateway see it. */
  readonly version: string;
  readonly clock: Clock;
  readonly database: Database;
  readonly runs: RunStore;
  readonly tokens: TokenService;
  readonly forge: EmbeddedForge;
  readonly boxes: BoxProvider;
  readonly agents: Readonly<Record<AgentProviderName, AgentProvider>>;
  readonly models: BrokerOptions["models"];
  /** Told of faults of the machine that no step sees in full. */
  readonly onFault: (fault: unknown, where: string) => void;
};
