import type { Scope } from "./scope.ts";

/** Methods of a REST request; Bitbucket's 2.0 uses all but PATCH, which would write. */
export type RestMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Where a tool's argument stands in the REST call of the same operation: the two doors name one thing. */
export type ArgumentBinding = {
  readonly name: string;
  readonly type: "string" | "integer" | "boolean";
  readonly in: "path" | "query" | "body";
  /** The parameter's name; for a body, the member names from the root, joined by dots: `content.raw`. */
  readonly at: string;
};

/**
 * One thing that can be done, by whatever door: a row of the table that is the vocabulary of authority (design, section 2).
 */
export type Operation = {
  /** Its name in ledger events and docs. */
  readonly id: string;
  /** All of them are needed at once. */
  readonly scopes: readonly Scope[];
  readonly writes: boolean;
  /** The tool whose permission governs the operation, or null. */
  readonly tool: string | null;
  /** For rows without a tool: whether a step with an agent may do it all the same (design, rule 5). */
  readonly openToAgents: boolean;
  /** Why no step may ever do it, or null (design, rule 9). */
  readonly humanGate: string | null;
  /** Why it reaches beyond the one repository of a token, so that no step may ever do it, or null (design, rule 4). */
  readonly outside: string | null;
  /** True: only on a comment or task that this repository's agents created (attacks 20 and 44). */
  readonly ownOnly: boolean;
  /** Method and path below `/2.0`, with `{name}` for a segment and `{name*}` for the rest; null: no REST door. */
  readonly rest: { readonly method: RestMethod; readonly path: string } | null;
  readonly arguments: readonly ArgumentBinding[];
  /** Body members that a step may send besides the bound ones, as dotted names. */
  readonly alsoInBody: readonly string[];
  /** Where the row comes from. */
  readonly source: string;
};
