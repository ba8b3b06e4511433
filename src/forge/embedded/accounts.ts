import { digestOf, type Json } from "../../base/index.ts";
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
    return { type: "user", display_name: actor.name, nickname: actor.name, uuid: uuidOf(["person", actor.name]) };
  }
  const nickname = actor.agent ?? "pipeline";
  return {
    type: "AT_APP_USER",
    display_name: `${nickname} (Sallyport run ${actor.run}, step ${actor.step})`,
    nickname,
    uuid: uuidOf(["step", actor.run, actor.step, actor.agent]),
  };
}

/** `run/step` for what a step creates, else null: the value of `created_by_step`. */
export function stepOf(actor: Actor): string | null {
  return actor.kind === "step" ? `${actor.run}/${actor.step}` : null;
}

/** Same name, same id, in every repository: a version 8 UUID (RFC 9562, section 5.8) over a digest, in braces. */
function uuidOf(name: Json): string {
  const hex = digestOf(name);
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return `{${parts.join("-")}}`;
}
