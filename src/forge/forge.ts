import type { Readable, Writable } from "node:stream";

import type { Json } from "../base/index.ts";
import type { Decision, ForgeCall, RefUpdate, Resource } from "../policy/index.ts";

/** Who does something on the forge. What an agent creates is recorded by id, never by name or text. */
export type Actor =
  | { readonly kind: "person"; readonly name: string }
  | { readonly kind: "step"; readonly run: string; readonly step: number; readonly agent: string | null };

/** An answer in Bitbucket's shape: JSON, or text for diffs, sources and logs. */
export type ForgeAnswer = {
  readonly status: number;
  readonly body:
    | { readonly kind: "json"; readonly value: Json }
    | { readonly kind: "text"; readonly type: string; readonly text: string | Buffer }
    | { readonly kind: "none" };
};

/** One request of git's smart HTTP protocol, below the repository's address. */
export type GitRequest = {
  readonly repository: string;
  /** `info/refs`, `git-upload-pack` or `git-receive-pack`. */
  readonly service: "info/refs" | "git-upload-pack" | "git-receive-pack";
  readonly method: "GET" | "POST";
  /** Raw, such as `service=git-upload-pack`. */
  readonly query: string;
  /** Only content-type, content-encoding, content-length and git-protocol are read. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Readable;
};

/** Where the answer to a git request goes: `head` once, then the body is piped to what it returns. */
export type GitReply = (status: number, headers: Readonly<Record<string, string>>) => Writable;

/** `moved`: every ref that a push asked for stands where it asked, once git has ended. False for everything else. */
export type GitEnd = { readonly moved: boolean };

/** Asked once for each ref of a push, before any of them moves; one denial refuses the whole push. */
export type JudgeRefUpdate = (update: RefUpdate) => Promise<Decision>;

/**
 * A git host. The embedded one and bitbucket.org are adapters of this port; `authority` stands in front of both.
 *
 * Every call has been judged before it arrives; a forge judges nothing but what only it can know (restrictions, states).
 * Calls may run concurrently. Faults of the machine throw; everything that a client did wrong is an answer with a status.
 */
export interface Forge extends AsyncDisposable {
  /** Facts about the object of a call that gates ask for: today `createdByAgent`. Reads only. */
  inspect(call: ForgeCall): Promise<Pick<Resource, "createdByAgent">>;
  call(call: ForgeCall, actor: Actor): Promise<ForgeAnswer>;
  /**
   * Streams with flat memory. `judge` is needed for `git-receive-pack` and asked from the pre-receive hook. Resolves when
   * git has ended.
   */
  git(
    request: GitRequest,
    reply: GitReply,
    actor: Actor,
    judge: JudgeRefUpdate,
    trustedCommit: string,
  ): Promise<GitEnd>;
}
