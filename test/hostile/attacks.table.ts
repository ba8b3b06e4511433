import type { Attack } from "./attack.ts";
import { secretInProcessTree } from "./attacks/01-secret-in-process-tree.ts";
import { sharedMcpBearer } from "./attacks/04-shared-mcp-bearer.ts";
import { tokenInPathOrLog } from "./attacks/05-token-in-path-or-log.ts";
import { crossRepositoryFlow } from "./attacks/07-cross-repository-flow.ts";
import { sandboxQuietlyAbsent } from "./attacks/22-sandbox-quietly-absent.ts";
import { leftoverProcess } from "./attacks/26-leftover-process.ts";
import { approveOrMerge } from "./attacks/31-approve-or-merge.ts";
import { tokenAfterTheStep } from "./attacks/33-token-after-the-step.ts";
import { yamlBombs } from "./attacks/36-yaml-bombs.ts";
import { selfMadeDestination } from "./attacks/41-self-made-destination.ts";
import { sideDoor } from "./attacks/42-side-door.ts";
import { borrowedRights } from "./attacks/45-borrowed-rights.ts";

/** Every attack that is carried out, by its number. */
export const ATTACKS: readonly Attack[] = [
  secretInProcessTree,
  sharedMcpBearer,
  tokenInPathOrLog,
  crossRepositoryFlow,
  sandboxQuietlyAbsent,
  leftoverProcess,
  approveOrMerge,
  tokenAfterTheStep,
  yamlBombs,
  selfMadeDestination,
  sideDoor,
  borrowedRights,
];
