import type { Authority, Door, Outcome } from "../authority/index.ts";
import type { Forge, ForgeAnswer } from "../forge/index.ts";
import { argumentsOf, type ForgeCall, type Resource } from "../policy/index.ts";
import { composedAnswer } from "./composed-calls.ts";
import type { Caller } from "./gateway.ts";
import { summarizeCall } from "./summarize-call.ts";

/**
 * The one way from a door to the forge. MCP tools and the broker's REST route both call it with a parsed `ForgeCall`,
 * so that they are judged, counted and recorded alike (attack 42).
 */
export type ForgeDoor = {
  /**
   * Judges the call as the caller's and, when every gate is open, does it. A denial and the forge's own refusals
   * (a status of 400 or more) are results; a fault of the machine throws.
   */
  performForgeCall(caller: Caller, call: ForgeCall, door: Door): Promise<Outcome<ForgeAnswer>>;
};

/** Puts `authority` in front of `forge`. Keeps no state of its own. */
export function createForgeDoor(parts: { readonly authority: Authority; readonly forge: Forge }): ForgeDoor {
  const { authority, forge } = parts;

  async function resourceOf({ admission }: Caller, call: ForgeCall): Promise<Resource> {
    const resource = { repository: call.repository, arguments: argumentsOf(call) };
    // Another repository is refused before anything of it is looked at (attack 7).
    if (!call.operation.ownOnly || call.repository !== admission.grant.repository) return resource;
    return { ...resource, ...(await forge.inspect(call)) };
  }

  return {
    async performForgeCall(caller, call, door) {
      const resource = await resourceOf(caller, call);
      const attempt = { operation: call.operation, resource, door, summary: summarizeCall(call, door) };
      return await authority.perform(caller.admission.token.reveal(), attempt, () =>
        call.operation.rest === null ? composedAnswer(forge, call, caller.actor) : forge.call(call, caller.actor),
      );
    },
  };
}
