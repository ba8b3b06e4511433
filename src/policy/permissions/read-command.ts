import type { Command, forEachChild, parse, Redirect, Redirection, SyntaxNode, Word, WordPart } from "unbash";
import type { SimpleCommand } from "./bash-lines.ts";

/** The parser, loaded when the first command is judged. */
export type Shell = { readonly parse: typeof parse; readonly forEachChild: typeof forEachChild };

/** What a command text consists of, however deep: nothing of it runs without being here. */
export type CommandText = {
  readonly commands: readonly ParsedCommand[];
  /** What needs permission by itself, each kind once: `redirection`, `command substitution` and the like. */
  readonly constructs: readonly string[];
};

export type ParsedCommand = SimpleCommand & {
  /** Texts of its here-documents and here-strings. */
  readonly input: readonly string[];
};

/** The longest text that is judged, in UTF-16 code units. */
const LONGEST = 16_384;

/** Texts in one command that are read as other shells read them. Each nested test is read at both its levels, so a few could be a million. */
const MOST_TEXTS = 500;

/** What a reader does not see, or sees as a space that is none to the shell: controls, directions, zero widths. */
const UNSEEN = /[^\P{Cc}\t\n]|[^\P{Z} ]|\p{Bidi_Control}|[\u200b\u2060\ufeff]|\p{Cs}/u;

/** Takes a text apart, or says why it cannot be judged. Never throws on any text. */
export function readCommand(
  shell: Shell,
  text: string,
  left: { texts: number } = { texts: MOST_TEXTS },
): CommandText | { readonly unreadable: string } {
  left.texts -= 1;
  if (left.texts < 0) return { unreadable: "the command is nested too deep to be judged" };
  if (text.length > LONGEST) return { unreadable: "the command is too long to be judged" };
  if (UNSEEN.test(text)) return { unreadable: "the command contains characters that are not seen" };
  const commands: ParsedCommand[] = [];
  const constructs = new Set<string>();
  let broken = false;

  function visit(node: SyntaxNode): void {
    if (node.type === "Script" && node.errors !== undefined) broken = true;
    if (isUnreadPart(node)) broken = true;
    const construct = constructOf(node);
    if (construct !== null) constructs.add(construct);
    if (node.type === "Command" && node.name !== undefined) commands.push(simpleOf(node, node.name, text));
    // Where bash has arithmetic or a test, other shells have commands: `((rm x))` runs rm in dash.
    if (node.type === "ArithmeticCommand") readElsewhere(node.body);
    if (node.type === "TestCommand") readElsewhere(text.slice(node.pos + 2, node.end - 2));
    shell.forEachChild(node, visit);
  }

  function readElsewhere(inside: string): void {
    const read = readCommand(shell, inside, left);
    if ("commands" in read) commands.push(...read.commands);
  }

  try {
    visit(shell.parse(text));
  } catch {
    // The parser is made not to throw; if it does, the text is not understood.
    broken = true;
  }
  if (left.texts < 0) return { unreadable: "the command is nested too deep to be judged" };
  return broken ? { unreadable: "the command cannot be parsed" } : { commands, constructs: [...constructs] };
}

/** The parser leaves out the script of a substitution that it gave up on. */
function isUnreadPart(node: SyntaxNode): boolean {
  return (node.type === "CommandExpansion" || node.type === "ProcessSubstitution") && node.script === undefined;
}

/** What runs something else, or changes what runs, though no word of it is a command. */
const CONSTRUCTS: Partial<Record<SyntaxNode["type"], string>> = {
  Redirect: "redirection",
  HereString: "redirection",
  HereDoc: "redirection",
  CommandExpansion: "command substitution",
  ArithmeticExpansion: "command substitution",
  ArithmeticCommandExpansion: "command substitution",
  // `${x@P}` runs the substitutions that stand in the value of x.
  Transform: "command substitution",
  Unknown: "command substitution",
  ProcessSubstitution: "process substitution",
  ArithmeticCommand: "arithmetic, which other shells read as commands",
  ArithmeticFor: "arithmetic, which other shells read as commands",
  TestCommand: "a test, which other shells read as commands",
  Assignment: "an assignment",
};

function constructOf(node: SyntaxNode): string | null {
  return node.type === "Redirect" && isHarmless(node) ? null : (CONSTRUCTS[node.type] ?? null);
}

/** `2>&1` and `>/dev/null` change nothing. */
function isHarmless(node: Redirect): boolean {
  if (node.target === undefined) return false;
  const target = literalOf(node.target);
  if (node.operator === ">&" || node.operator === "<&") return /^[0-9]$|^-$/u.test(target ?? "");
  return target === "/dev/null" && node.descriptor?.type !== "FileDescriptorVariable";
}

function simpleOf(command: Command, name: Word, text: string): ParsedCommand {
  const args = command.args.map((arg) => (arg.type === "Word" ? literalOf(arg) : assignmentText(arg)));
  return {
    text: text.slice(command.pos, command.end),
    words: [literalOf(name), ...args],
    input: command.redirects.flatMap(inputOf),
  };
}

/** `NAME=value`, as an argument of `alias` or `export`. */
function assignmentText({ name, value }: Extract<Command["args"][number], { type: "Assignment" }>): string | null {
  const text = value.type === "Word" ? literalOf(value) : null;
  return text === null ? null : `${name}=${text}`;
}

function inputOf(redirection: Redirection): readonly string[] {
  if (redirection.type === "HereDoc") return [redirection.body.text];
  if (redirection.type !== "HereString" || redirection.target === undefined) return [];
  const text = literalOf(redirection.target);
  return text === null ? [] : [text];
}

/** The word as the program gets it, or null when it depends on anything else than this text. */
function literalOf(word: Word): string | null {
  return word.parts === undefined || word.parts.every(isLiteral) ? word.value : null;
}

const LITERAL: ReadonlySet<WordPart["type"]> = new Set(["Literal", "SingleQuoted", "AnsiCQuoted"]);

function isLiteral(part: WordPart): boolean {
  return LITERAL.has(part.type) || (part.type === "DoubleQuoted" && part.parts.every(({ type }) => LITERAL.has(type)));
}
