import type { Attack } from "./attack.ts";
import { secretInProcessTree } from "./attacks/01-secret-in-process-tree.ts";
import { sharedMcpBearer } from "./attacks/04-shared-mcp-bearer.ts";
import { tokenInPathOrLog } from "./attacks/05-token-in-path-or-log.ts";
import { crossRepositoryFlow } from "./attacks/07-cross-repository-flow.ts";
import { sandboxQuietlyAbsent } from "./attacks/22-sandbox-quietly-absent.ts";

/** Every attack that is carried out, by its number. */
export const ATTACKS: readonly Attack[] = [
  secretInProcessTree,
  sharedMcpBearer,
  tokenInPathOrLog,
  crossRepositoryFlow,
  sandboxQuietlyAbsent,
];
