import type { Arguments } from "./arguments.ts";
import type { Output } from "./output.ts";

/** One `--option` of a command. */
export type OptionSpec = {
  /** `flag` takes no value, `text` one, `list` one each time it is given. */
  readonly kind: "flag" | "text" | "list";
  /** How the help text writes the value, such as `DIR`; empty for a flag. */
  readonly value: string;
  readonly summary: string;
};

/** One word of a command that is not an option. Only the last may be `many`. */
export type PositionalSpec = {
  readonly name: string;
  readonly required: boolean;
  readonly many: boolean;
  readonly summary: string;
};

/** What a command works with besides its arguments. */
export type Session = {
  readonly output: Output;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The directory in which the person stands; relative paths are below it. */
  readonly directory: string;
};

/** Does the work of a command and answers with its exit code. Throws `SallyportError` for what it refuses. */
export type CommandBody = (args: Arguments, session: Session) => Promise<number>;

/** One row of the table of commands: all that parsing and help need, and where the work is. */
export type Command = {
  /** One word, or two for a command of a group: `audit verify`. */
  readonly name: string;
  readonly summary: string;
  readonly positionals: readonly PositionalSpec[];
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** Options of the contract that this version refuses, each with the reason. Help does not list them. */
  readonly refused: Readonly<Record<string, { readonly kind: OptionSpec["kind"]; readonly error: RefusedOption }>>;
  /** Paragraphs below the options in the help text. */
  readonly notes: readonly string[];
  /** Loads the code only when the command is used, so that the others start fast. */
  readonly load: () => Promise<CommandBody>;
};

/** Why an option is refused, and with which exit code. */
export type RefusedOption = { readonly code: "usage" | "refused"; readonly message: string };
