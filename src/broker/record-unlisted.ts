import type { Authority, Door } from "../authority/index.ts";
import type { Caller } from "../gateway/index.ts";
import { operationById, type Denial } from "../policy/index.ts";
import { summarize } from "./denial.ts";

/** What was asked for that no row of the operations table lists. */
export type UnlistedRequest = {
  readonly door: Door;
  /** As far as the request names one. */
  readonly repository: string | null;
  readonly summary: string;
};

/** Has an attempt at something unknown denied and recorded like any other, and returns the denial. */
export async function recordUnlisted(
  authority: Authority,
  { admission }: Caller,
  { door, repository, summary }: UnlistedRequest,
): Promise<Denial> {
  const outcome = await authority.perform(
    admission.token.reveal(),
    {
      operation: operationById("request.unlisted"),
      resource: { repository, arguments: {} },
      door,
      summary: summarize(summary),
    },
    () => Promise.resolve(),
  );
  if (outcome.allowed) throw new TypeError("the row request.unlisted is allowed to nobody");
  return outcome.denial;
}
