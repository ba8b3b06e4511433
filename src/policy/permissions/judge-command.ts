import { stricterOf, type BashPermissions, type BashRule, type Permission } from "../tool-permissions.ts";
import {
  baseName,
  denyingLine,
  judgeByLines,
  lineOfText,
  possiblyDenyingLine,
  type LineVerdict,
  type SimpleCommand,
} from "./bash-lines.ts";
import { ALWAYS_ALLOWED, alwaysDenied, FIND_RUNS, NO_READ, RUNS_ARGUMENTS, RUNS_TEXT } from "./known-commands.ts";
import { readCommand, type ParsedCommand, type Shell } from "./read-command.ts";

/** What the rules say about a command text, and the line or rule that decided. */
export type CommandVerdict = LineVerdict & {
  /** One for each simple command and each construct that needs permission by itself; the strictest is the verdict. */
  readonly parts: readonly CommandPart[];
};

export type CommandPart = LineVerdict & { readonly text: string };

/** Shell in shell in shell: beyond this nobody means it. */
const DEEPEST = 8;
/** Arguments of a program that runs them: each tail of them is judged. */
const MOST_ARGUMENTS = 256;

/**
 * What an agent's bash rules say about a command text, as the reference describes them (section 4): it is taken apart by a
 * shell parser and each simple command is judged. Unreadable is denied. Advice, not a boundary (attack 9): a program that
 * is allowed can do anything that its box lets it do. Never throws on any text.
 */
export async function judgeCommand(bash: BashPermissions, command: string): Promise<CommandVerdict> {
  const shell = await import("unbash");
  return judgeText(shell, bash, command, 0);
}

function judgeText(shell: Shell, bash: BashPermissions, text: string, depth: number): CommandVerdict {
  const read: ReturnType<typeof readCommand> =
    depth > DEEPEST ? { unreadable: "the command is nested too deep" } : readCommand(shell, text);
  if ("unreadable" in read) {
    const part = { text, permission: "deny", decidedBy: read.unreadable } as const;
    return { permission: part.permission, decidedBy: part.decidedBy, parts: [part] };
  }
  const rules = bash.commands ?? [];
  const whole = lineOfText(rules, text);
  const parts = [
    ...read.commands.map((command) => ({ text: command.text, ...judgeSimple(shell, bash, command, depth) })),
    ...read.constructs.map((construct) => ({ text: construct, ...judgeConstruct(bash, whole, construct) })),
  ];
  return { ...strictestOf(parts, whole), parts };
}

/** A text of nothing but blanks and comments does nothing. */
const NOTHING: CommandPart = { text: "", permission: "allow", decidedBy: "nothing to run" };

/** A line that has the whole text settles what is left open, but no denial of a part. */
function strictestOf(parts: readonly CommandPart[], whole: LineVerdict | null): LineVerdict {
  const refused = parts.find(({ permission, decidedBy }) => permission === "deny" && decidedBy !== DEFAULT_LINE);
  const [first = NOTHING, ...others] = parts;
  const strictest = others.reduce(
    (worst, part) => (stricterOf(worst.permission, part.permission) === worst.permission ? worst : part),
    first,
  );
  const { permission, decidedBy } = refused ?? whole ?? strictest;
  return { permission, decidedBy };
}

const DEFAULT_LINE = "bash.default";

function byDefault(bash: BashPermissions): LineVerdict {
  // Nothing said is Rovo's own default (reference, section 4).
  return { permission: bash.default ?? "ask", decidedBy: DEFAULT_LINE };
}

/** Redirections, substitutions and the like need the permission that a command without a line needs. */
function judgeConstruct(bash: BashPermissions, whole: LineVerdict | null, construct: string): LineVerdict {
  if (whole !== null) return whole;
  const { permission } = byDefault(bash);
  return { permission, decidedBy: permission === "allow" ? DEFAULT_LINE : `${DEFAULT_LINE}, for ${construct}` };
}

function judgeSimple(shell: Shell, bash: BashPermissions, command: ParsedCommand, depth: number): LineVerdict {
  const rules = bash.commands ?? [];
  const [name = null, ...args] = command.words;
  const denied = denialOf(shell, bash, command, depth);
  const verdict = judgeByLines(rules, command) ?? judgeUnlisted(bash, name, args);
  const floor = denied ?? doubtAbout(rules, command);
  return floor !== null && stricterOf(verdict.permission, floor.permission) === floor.permission ? floor : verdict;
}

function judgeUnlisted(bash: BashPermissions, name: string | null, args: SimpleCommand["words"]): LineVerdict {
  const reads = name !== null && ALWAYS_ALLOWED.has(name) && NO_READ[name]?.(args) !== true;
  return reads ? { permission: "allow", decidedBy: `${name} only reads` } : byDefault(bash);
}

/** What forbids a command, or what a text that it runs needs permission for; null: nothing. */
function denialOf(shell: Shell, bash: BashPermissions, command: ParsedCommand, depth: number): LineVerdict | null {
  const rules = bash.commands ?? [];
  const [name = null, ...args] = command.words;
  const own = denyTail(rules, command);
  if (own !== null) return own;
  if (name !== null && !RUNS_ARGUMENTS.has(baseName(name))) return null;
  if (args.length > MOST_ARGUMENTS) return { permission: "deny", decidedBy: "it runs too many arguments to be judged" };
  const tails = tailsOf(name, args, command.text);
  const tail = tails.map((one) => denyTail(rules, one)).find((verdict) => verdict !== null);
  if (tail !== undefined) return tail;
  const runsText = [command, ...tails].some(
    ({ words: [word] }) => typeof word === "string" && RUNS_TEXT.has(baseName(word)),
  );
  return runsText ? judgeTexts(shell, bash, command, depth) : null;
}

/** Every tail of the arguments is a command that the program may run; of find, those after the first `-exec`. */
function tailsOf(name: string | null, args: SimpleCommand["words"], text: string): readonly SimpleCommand[] {
  const isFind = name !== null && baseName(name) === "find";
  const first = isFind ? args.findIndex((arg) => arg !== null && FIND_RUNS.has(arg)) + 1 : 0;
  if (isFind && first === 0) return [];
  return args.map((_word, index) => ({ text, words: args.slice(index) })).slice(first);
}

function denyTail(rules: readonly BashRule[], command: SimpleCommand): LineVerdict | null {
  const [name = null, ...args] = command.words;
  if (name === null) return null;
  const always = alwaysDenied(baseName(name), args);
  return always === null ? denyingLine(rules, command) : { permission: "deny", decidedBy: always };
}

/** Arguments that are shell themselves, each and all together, and here-documents: only what is said against them counts. */
function judgeTexts(shell: Shell, bash: BashPermissions, command: ParsedCommand, depth: number): LineVerdict | null {
  const literal = command.words.slice(1).filter((word): word is string => word !== null);
  // `alias ls=rm` has it behind the sign.
  const scripts = literal.map((word) => word.replace(/^\w+=/u, ""));
  const inner: BashPermissions = { ...bash, default: "allow" };
  const verdicts = [...scripts, literal.join(" "), ...command.input].map((text) =>
    judgeText(shell, inner, text, depth + 1),
  );
  const strict = verdicts.filter(({ permission }) => permission !== "allow");
  return strict.find(({ permission }) => permission === "deny") ?? strict[0] ?? null;
}

/** What an expansion leaves open is never simply allowed. */
function doubtAbout(rules: readonly BashRule[], command: SimpleCommand): LineVerdict | null {
  const [name = null, ...args] = command.words;
  if (name === null) return { permission: "ask", decidedBy: "the command's name is an expansion" };
  const base = baseName(name);
  if (args.includes(null) && (RUNS_ARGUMENTS.has(base) || base === "dd")) {
    return { permission: "ask", decidedBy: `what ${base} runs or writes is an expansion` };
  }
  return possiblyDenyingLine(rules, command);
}

/** The rules about the shell when the whole tool is denied: no command passes. */
export function bashRulesOf(tools: {
  readonly bash?: BashPermissions;
  readonly tools: Readonly<Record<string, { readonly permission: Permission }>>;
}): BashPermissions | null {
  if (Object.hasOwn(tools.tools, "bash") && tools.tools["bash"]?.permission === "deny") {
    return { default: "deny", commands: [], env: [] };
  }
  return tools.bash ?? null;
}
