import type { Attack } from "./attack.ts";
import { secretInProcessTree } from "./attacks/01-secret-in-process-tree.ts";
import { setuidInTheBox } from "./attacks/03-setuid-in-the-box.ts";
import { sharedMcpBearer } from "./attacks/04-shared-mcp-bearer.ts";
import { tokenInPathOrLog } from "./attacks/05-token-in-path-or-log.ts";
import { crossRepositoryFlow } from "./attacks/07-cross-repository-flow.ts";
import { commentElsewhere } from "./attacks/19-comment-elsewhere.ts";
import { editAHumansComment } from "./attacks/20-edit-a-humans-comment.ts";
import { sandboxQuietlyAbsent } from "./attacks/22-sandbox-quietly-absent.ts";
import { leftoverProcess } from "./attacks/26-leftover-process.ts";
import { forcePush } from "./attacks/30-force-push.ts";
import { approveOrMerge } from "./attacks/31-approve-or-merge.ts";
import { tokenAfterTheStep } from "./attacks/33-token-after-the-step.ts";
import { yamlBombs } from "./attacks/36-yaml-bombs.ts";
import { selfMadeDestination } from "./attacks/41-self-made-destination.ts";
import { sideDoor } from "./attacks/42-side-door.ts";
import { satisfyingTheGate } from "./attacks/44-satisfying-the-gate.ts";
import { borrowedRights } from "./attacks/45-borrowed-rights.ts";

/** Every attack that is carried out, by its number. */
export const ATTACKS: readonly Attack[] = [
  secretInProcessTree,
  setuidInTheBox,
  sharedMcpBearer,
  tokenInPathOrLog,
  crossRepositoryFlow,
  commentElsewhere,
  editAHumansComment,
  sandboxQuietlyAbsent,
  leftoverProcess,
  forcePush,
  approveOrMerge,
  tokenAfterTheStep,
  yamlBombs,
  selfMadeDestination,
  sideDoor,
  satisfyingTheGate,
  borrowedRights,
];
