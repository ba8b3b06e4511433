import type { Json } from "../../src/base/index.ts";
import type { Actor, Forge, ForgeAnswer } from "../../src/forge/index.ts";
import { argumentsOf, type ForgeCall } from "../../src/policy/index.ts";

/** A call that reached the forge. */
export type ForgeEntry = {
  readonly operation: string;
  readonly repository: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly actor: Actor;
};

/** A scripted stand-in for a git host: answers by operation id and remembers each call that reached it. */
export type MemoryForge = Forge & { readonly calls: readonly ForgeEntry[] };

export type Script = Readonly<Record<string, (args: Readonly<Record<string, unknown>>) => ForgeAnswer>>;

/** Comment and task 1 are an agent's, every other is a person's. */
export function createMemoryForge(script: Script): MemoryForge {
  const calls: ForgeEntry[] = [];
  return {
    calls,
    inspect: (call: ForgeCall) => {
      const { commentId, taskId } = argumentsOf(call);
      return Promise.resolve({ createdByAgent: (commentId ?? taskId) === 1 });
    },
    call: (call, actor) => {
      const args = argumentsOf(call);
      calls.push({ operation: call.operation.id, repository: call.repository, arguments: args, actor });
      return Promise.resolve(script[call.operation.id]?.(args) ?? notFound());
    },
    git: () => Promise.reject(new TypeError("this forge has no git")),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

export const json = (value: Json, status = 200): ForgeAnswer => ({ status, body: { kind: "json", value } });
export const text = (value: string): ForgeAnswer => ({
  status: 200,
  body: { kind: "text", type: "text/plain", text: value },
});

function notFound(): ForgeAnswer {
  return json({ type: "error", error: { message: "There is no such thing\u001b[31m here" } }, 404);
}
