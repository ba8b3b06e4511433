import { canonicalJson, uuidFor } from "../../base/index.ts";
import type { Actor } from "../forge.ts";

/** A user in Bitbucket's shape. Rights never follow from it: the record has who acted in columns of its own. */
export type Account = {
  readonly type: "user" | "AT_APP_USER";
  readonly display_name: string;
  readonly nickname: string;
  readonly uuid: string;
};

/** The account of a person by name, or of one step of one run. */
export function accountOf(actor: Actor): Account {
  if (actor.kind === "person") {
    return {
      type: "user",
      display_name: actor.name,
      nickname: actor.name,
      uuid: uuidFor(canonicalJson(["person", actor.name])),
    };
  }
  const nickname = actor.agent ?? "pipeline";
  return {
    type: "AT_APP_USER",
    display_name: `${nickname} (Sallyport run ${actor.run}, step ${actor.step})`,
    nickname,
    uuid: uuidFor(canonicalJson(["step", actor.run, actor.step, actor.agent])),
  };
}

/** `run/step` for what a step creates, else null: the value of `created_by_step`. */
export function stepOf(actor: Actor): string | null {
  return actor.kind === "step" ? `${actor.run}/${actor.step}` : null;
}
