import { SallyportError } from "../base/index.ts";
import type { Command } from "./command.ts";
import { didYouMean } from "./did-you-mean.ts";

/** What the first words of the arguments name. */
export type Found =
  | { readonly kind: "command"; readonly command: Command; readonly rest: readonly string[] }
  /** A first word alone that several commands share, such as `audit`. */
  | {
      readonly kind: "group";
      readonly name: string;
      readonly commands: readonly Command[];
      readonly rest: readonly string[];
    };

/** Finds the command, or the group, that `argv` starts with; else a `SallyportError` with code `usage`. */
export async function findCommand(commands: readonly Command[], argv: readonly string[]): Promise<Found> {
  const [first = "", second = ""] = argv;
  for (const words of [2, 1]) {
    const name = argv.slice(0, words).join(" ");
    const command = commands.find((candidate) => candidate.name === name);
    if (command !== undefined) return { kind: "command", command, rest: argv.slice(words) };
  }
  const group = commands.filter(({ name }) => name.startsWith(`${first} `));
  if (group.length === 0)
    throw await unknown(
      first,
      commands.map(({ name }) => name.split(" ")[0] ?? name),
    );
  if (second !== "" && !second.startsWith("-"))
    throw await unknown(
      `${first} ${second}`,
      group.map(({ name }) => name),
    );
  return { kind: "group", name: first, commands: group, rest: argv.slice(1) };
}

async function unknown(written: string, names: readonly string[]): Promise<SallyportError> {
  if (written.startsWith("-")) {
    return new SallyportError("usage", `there is no option ${written} before a command; see \`sallyport help\`.`);
  }
  const hint = await didYouMean(written, names, "see `sallyport help`.");
  return new SallyportError("usage", `there is no command "${written}"; ${hint}`);
}
