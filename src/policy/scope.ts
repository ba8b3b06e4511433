/**
 * OAuth scopes in Bitbucket's form `verb:noun:bitbucket` (reference, section 5).
 *
 * Write does not imply read, and admin implies neither: every comparison is by equality.
 */
export const STEP_SCOPES = [
  "read:repository:bitbucket",
  "write:repository:bitbucket",
  "read:pullrequest:bitbucket",
  "write:pullrequest:bitbucket",
  "read:pipeline:bitbucket",
  "write:pipeline:bitbucket",
  "read:issue:bitbucket",
  "write:issue:bitbucket",
  "read:test:bitbucket",
  "write:test:bitbucket",
] as const;

/** A scope that a step may hold. */
export type Scope = (typeof STEP_SCOPES)[number];

/** The scope that every step has without asking, for checkout and build (T4; design, rule 1). */
export const IMPLICIT_SCOPE: Scope = "read:repository:bitbucket";

/** Why a scope that Bitbucket knows is not given to a step, by its noun or its verb. */
const REFUSED: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^(admin|delete):/, "a step never administers or deletes"],
  [/:(permission|ssh-key|gpg-key):/, "a step never changes who may do what"],
  [/:(webhook|runner|workspace|project|user):/, "it reaches beyond the repository that the step runs for"],
  [/^(read|write):(snippet|wiki|package):/, "it is not part of a step's work"],
];

/** What `parseScope` makes of one entry of `auth.system.scopes`. */
export type ParsedScope =
  { readonly ok: true; readonly scope: Scope } | { readonly ok: false; readonly reason: string };

/** Reads one scope as written in the pipeline file; the reason says what to write instead. */
export function parseScope(text: string): ParsedScope {
  const scope = STEP_SCOPES.find((candidate) => candidate === text);
  if (scope !== undefined) return { ok: true, scope };
  const refused = REFUSED.find(([pattern]) => pattern.test(text));
  if (refused !== undefined && text.endsWith(":bitbucket")) {
    return { ok: false, reason: `the scope is not given to a step, because ${refused[1]}` };
  }
  return { ok: false, reason: `it is not a scope; a step may ask for ${STEP_SCOPES.join(", ")}` };
}
