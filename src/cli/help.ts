import type { Command, OptionSpec } from "./command.ts";
import { EXIT_MEANINGS } from "./exit-codes.ts";

/** The whole program's help: one line a command. */
export function renderHelp(commands: readonly Command[]): readonly string[] {
  return [
    "Runs AI agents inside CI pipeline steps without handing them any key.",
    "",
    "usage: sallyport COMMAND [ARGUMENT…] [--OPTION…]",
    "",
    ...renderList(commands.map(({ name, summary }) => [name, summary])),
    ...renderList([
      ["help [COMMAND]", "this text, or a command's own (also COMMAND --help)"],
      ["--version", "the version"],
    ]),
    "",
    "exit codes",
    ...renderList(EXIT_MEANINGS.map(([code, meaning]) => [String(code), meaning])),
    "",
    "State is kept in $SALLYPORT_HOME, else $XDG_STATE_HOME/sallyport, else ~/.local/state/sallyport.",
  ];
}

/** A group's help, such as `pr`: one line a command. */
export function renderGroupHelp(name: string, commands: readonly Command[]): readonly string[] {
  return [
    `usage: sallyport ${name} COMMAND …`,
    "",
    ...renderList(commands.map(({ name, summary }) => [name, summary])),
  ];
}

/** One command's help. */
export function renderCommandHelp(command: Command): readonly string[] {
  const options = Object.entries(command.options).map(([name, spec]) => [writeOption(name, spec), spec.summary]);
  return [
    command.summary,
    "",
    `usage: ${renderUsage(command)}`,
    "",
    ...renderList([...command.positionals.map(({ name, summary }) => [name, summary]), ...options]),
    ...command.notes.flatMap((note) => ["", note]),
  ];
}

/** `sallyport show RUN [--json]`. */
export function renderUsage(command: Command): string {
  const positionals = command.positionals.map(({ name, required, many }) => {
    const word = `${name}${many ? "…" : ""}`;
    return required ? word : `[${word}]`;
  });
  const options = Object.entries(command.options).map(
    ([name, spec]) => `[${writeOption(name, spec)}]${spec.kind === "list" ? "…" : ""}`,
  );
  return ["sallyport", command.name, ...positionals, ...options].join(" ");
}

/** `--file FILE`. */
export function writeOption(name: string, { value }: OptionSpec): string {
  return value === "" ? `--${name}` : `--${name} ${value}`;
}

const NAME_WIDTH = 22;

function renderList(rows: readonly (readonly string[])[]): readonly string[] {
  return rows.map(([name = "", summary = ""]) => `  ${name.padEnd(NAME_WIDTH)}  ${summary}`);
}
