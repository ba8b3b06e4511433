/** An update of one ref that a push asks for, with what git found out about it. */
export type RefUpdate = {
  /** The full name: `refs/heads/main`. */
  readonly ref: string;
  /** `force`: the new commit does not descend from the old one. */
  readonly kind: "create" | "update" | "force" | "delete";
  /** Authority files whose blob differs from the trusted commit's and from the ref's old tip (design, rule 3). */
  readonly authorityFiles: readonly string[];
};

/** What an operation touches, as far as a gate asks. */
export type Resource = {
  /** `workspace/slug` as the request names it, lower case; null for operations outside the forge. */
  readonly repository: string | null;
  /** The operation's arguments by their tool names, whatever door they came by. */
  readonly arguments: Readonly<Record<string, unknown>>;
  /** For rows with `ownOnly`: whether the record says that an agent of this repository created the object. */
  readonly createdByAgent?: boolean;
  readonly refUpdate?: RefUpdate;
  /** For `network.connect`: `host:port`. */
  readonly destination?: string;
  /** For `model.call`: the provider's name. */
  readonly model?: string;
};
