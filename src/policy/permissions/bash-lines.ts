import { stricterOf, type BashRule, type Permission } from "../tool-permissions.ts";

/** A simple command with its quotes taken away: the text of each word, or null where an expansion makes it unknown. */
export type SimpleCommand = {
  /** As written. */
  readonly text: string;
  readonly words: readonly (string | null)[];
};

/** What a line says and where it stands. */
export type LineVerdict = { readonly permission: Permission; readonly decidedBy: string };

/** What the lines say about a command when read narrowly, or null when none speaks of it: of several the most exact counts. */
export function judgeByLines(rules: readonly BashRule[], command: SimpleCommand): LineVerdict | null {
  const matching = rules.flatMap((rule) => {
    const weight = matchNarrowly(rule, command);
    return weight === null ? [] : [{ rule, weight }];
  });
  const most = Math.max(...matching.map(({ weight }) => weight));
  return strictestOf(matching.filter(({ weight }) => weight === most).map(({ rule }) => rule));
}

/**
 * The line that denies a command, or null. A deny beats everything and is read widely: whatever the path of the program, and
 * with other words between its own.
 */
export function denyingLine(rules: readonly BashRule[], command: SimpleCommand): LineVerdict | null {
  const denied = rules.find((rule) => rule.permission === "deny" && matchesWidely(rule, command) === "yes");
  return denied === undefined ? null : verdictOf(denied);
}

/** A line that would deny the command if an expansion in it came out so, or null. */
export function possiblyDenyingLine(rules: readonly BashRule[], command: SimpleCommand): LineVerdict | null {
  const rule = rules.find((one) => one.permission === "deny" && matchesWidely(one, command) === "maybe");
  return rule === undefined ? null : { permission: "ask", decidedBy: `${lineOf(rule)}, which an expansion may meet` };
}

/** The line whose command is exactly this text, or null. */
export function lineOfText(rules: readonly BashRule[], text: string): LineVerdict | null {
  return strictestOf(rules.filter(({ command }) => command.trim() === text.trim()));
}

/** The first of the strictest lines. */
function strictestOf(rules: readonly BashRule[]): LineVerdict | null {
  const strictest = rules.reduce<BashRule | null>(
    (best, rule) => (best === null || stricterOf(best.permission, rule.permission) !== best.permission ? rule : best),
    null,
  );
  return strictest === null ? null : verdictOf(strictest);
}

/** The program's name without its path. */
export function baseName(word: string): string {
  return word.slice(word.lastIndexOf("/") + 1);
}

function verdictOf(rule: BashRule): LineVerdict {
  return { permission: rule.permission, decidedBy: lineOf(rule) };
}

function lineOf({ command, permission, line }: BashRule): string {
  return line ?? `bash.commands: ${command} ${permission}`;
}

/** `git.*` is `git` with any arguments; without `.*` it is this command alone. */
function readRule({ command }: BashRule): { readonly words: readonly string[]; readonly open: boolean } {
  const open = command.trim().endsWith(".*");
  const text = open ? command.trim().slice(0, -2) : command;
  return { words: text.split(/\s/u).filter((word) => word !== ""), open };
}

function matchesWidely(rule: BashRule, { words: [name = null, ...args] }: SimpleCommand): "yes" | "maybe" | null {
  const { words, open } = readRule(rule);
  const [first, ...others] = words;
  if (first === undefined || name === null || baseName(name) !== baseName(first)) return null;
  if (open ? hasInOrder(args, others) : isExactly(args, others)) return "yes";
  if (!args.includes(null)) return null;
  // An expansion may come out as any number of words, even none: only the known ones can rule an exact command out.
  const known = args.filter((arg) => arg !== null);
  return open || hasInOrder(others, known) ? "maybe" : null;
}

function isExactly(args: readonly (string | null)[], wanted: readonly string[]): boolean {
  return args.length === wanted.length && wanted.every((word, index) => args[index] === word);
}

/** Whether `wanted` stand among `args` in their order: `git -C elsewhere push` is a `git push`. */
function hasInOrder(args: readonly (string | null)[], wanted: readonly string[]): boolean {
  let found = 0;
  for (const arg of args) if (arg === wanted[found]) found += 1;
  return found === wanted.length;
}

/** How exact the match is, or null: the number of words that the line fixes, or infinite for the whole command. */
function matchNarrowly(rule: BashRule, command: SimpleCommand): number | null {
  const { words, open } = readRule(rule);
  if (words.length === 0) return null;
  if (!open) {
    const same = rule.command.trim() === command.text || isExactly(command.words, words);
    return same ? Infinity : null;
  }
  return words.every((word, index) => command.words[index] === word) ? words.length : null;
}
