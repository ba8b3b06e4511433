import type { Authority, Door } from "../authority/index.ts";
import type { Caller } from "../gateway/index.ts";
import { operationById, type Denial, type Operation } from "../policy/index.ts";
import { summarize } from "./denial.ts";

/** What was asked for that no row of the operations table lists, or that its row refuses to every step. */
export type UnlistedRequest = {
  /** The row that refuses it; without one, `request.unlisted`. */
  readonly operation?: Operation;
  readonly door: Door;
  /** As far as the request names one. */
  readonly repository: string | null;
  readonly summary: string;
};

/** Has an attempt at something that no step may do denied and recorded like any other, and returns the denial. */
export async function recordUnlisted(
  authority: Authority,
  { admission }: Caller,
  { operation = operationById("request.unlisted"), door, repository, summary }: UnlistedRequest,
): Promise<Denial> {
  const outcome = await authority.perform(
    admission.token.reveal(),
    {
      operation,
      resource: { repository, arguments: {} },
      door,
      summary: summarize(summary),
    },
    () => Promise.resolve(),
  );
  if (outcome.allowed) throw new TypeError(`the row ${operation.id} is allowed to nobody`);
  return outcome.denial;
}
