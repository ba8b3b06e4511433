import { ALWAYS_DENIED, type BashPermissions, type Permission } from "../policy/index.ts";

/** Entries for Claude's own lists, and the mode that makes them hold. */
export type ClaudeBashRules = {
  readonly lists: Readonly<Record<Permission, readonly string[]>>;
  /** True: what no list allows must be refused, so its prompts may not be skipped. */
  readonly closed: boolean;
};

/** Rules about the shell close nothing else. In its mode `acceptEdits` Claude lets `touch` and its like pass too. */
const FILE_TOOLS: readonly string[] = ["Edit", "Write", "NotebookEdit"];

/**
 * The agent's bash rules in Claude's words: `git.*` is `Bash(git:*)`. Claude enforces them, not we; the box is the boundary.
 * Where the rest of the shell is not allowed, Claude must keep its prompts: nobody answers them, so that they refuse.
 */
export function toClaudeRules(bash: BashPermissions): ClaudeBashRules {
  const rules = bash.commands ?? [];
  const entriesOf = (permission: Permission): readonly string[] =>
    rules.filter((rule) => rule.permission === permission).map(({ command }) => entryOf(command));
  const byDefault = bash.default ?? "ask";
  const allowed = entriesOf("allow");
  const forbidden = byDefault === "deny" && allowed.length === 0 && entriesOf("ask").length === 0;
  return {
    lists: {
      allow: [...allowed, ...(byDefault === "allow" ? ["Bash"] : FILE_TOOLS)],
      ask: entriesOf("ask"),
      deny: [
        ...entriesOf("deny"),
        ...[...ALWAYS_DENIED].map((name) => `Bash(${name}:*)`),
        ...(forbidden ? ["Bash"] : []),
      ],
    },
    closed: byDefault !== "allow",
  };
}

function entryOf(command: string): string {
  return command.endsWith(".*") ? `Bash(${command.slice(0, -2)}:*)` : `Bash(${command})`;
}
