import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { SallyportError } from "../base/index.ts";
import type { Command } from "./command.ts";
import { didYouMean } from "./did-you-mean.ts";

/** A command's arguments, parsed. Asking for an option that the command's row does not have is a `TypeError`. */
export interface Arguments {
  readonly positionals: readonly string[];
  flag(name: string): boolean;
  text(name: string): string | null;
  list(name: string): readonly string[];
}

type Values = ReadonlyMap<string, readonly string[]>;

/**
 * Parses what follows the command's name. Everything unknown, doubled, missing or too much is a `SallyportError` with
 * code `usage`: one sentence, with the nearest name where there is one.
 */
export async function parseArguments(command: Command, argv: readonly string[]): Promise<Arguments> {
  const kinds = new Map(
    [...Object.entries(command.options), ...Object.entries(command.refused)].map(([name, { kind }]) => [name, kind]),
  );
  const { tokens } = parseArgs({
    args: [...argv],
    options: configOf(kinds),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values = new Map<string, readonly string[]>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const refused = Object.hasOwn(command.refused, token.name) ? command.refused[token.name] : undefined;
    if (refused !== undefined) throw new SallyportError(refused.error.code, refused.error.message);
    const kind = kinds.get(token.name);
    if (kind === undefined) throw await unknownOption(command, token.rawName);
    values.set(token.name, [...(values.get(token.name) ?? []), readValue(kind, token)]);
    if (kind !== "list" && values.get(token.name)?.length !== 1) throw usage(`${token.rawName} is given twice.`);
  }
  checkPositionals(command, positionals);
  return createArguments(command, positionals, values);
}

function configOf(kinds: ReadonlyMap<string, string>): ParseArgsOptionsConfig {
  const config: ParseArgsOptionsConfig = {};
  for (const [name, kind] of kinds) config[name] = { type: kind === "flag" ? "boolean" : "string" };
  return config;
}

type OptionToken = {
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
};

function readValue(kind: string, { rawName, value, inlineValue }: OptionToken): string {
  if (kind === "flag") {
    if (value !== undefined) throw usage(`${rawName} takes no value.`);
    return "";
  }
  if (value === undefined) throw usage(`${rawName} needs a value.`);
  // `--title --json` is far more often a forgotten value than a title.
  if (inlineValue !== true && value.startsWith("-")) {
    throw usage(`${rawName} needs a value; for one that starts with a dash write ${rawName}=${value}.`);
  }
  return value;
}

function checkPositionals(command: Command, given: readonly string[]): void {
  const specs = command.positionals;
  const missing = specs.find(({ required }, index) => required && given[index] === undefined);
  if (missing !== undefined) {
    throw usage(`${command.name} needs ${missing.name}: ${missing.summary}; see \`sallyport ${command.name} --help\`.`);
  }
  const surplus = given[specs.length];
  if (surplus !== undefined && specs.at(-1)?.many !== true) {
    throw usage(`${command.name} does not take the argument "${surplus}"; see \`sallyport ${command.name} --help\`.`);
  }
}

function createArguments(command: Command, positionals: readonly string[], values: Values): Arguments {
  const read = (name: string, kind: string): readonly string[] => {
    if (command.options[name]?.kind !== kind) throw new TypeError(`${command.name} has no ${kind} option ${name}`);
    return values.get(name) ?? [];
  };
  return {
    positionals,
    flag: (name) => read(name, "flag").length > 0,
    text: (name) => read(name, "text")[0] ?? null,
    list: (name) => read(name, "list"),
  };
}

async function unknownOption(command: Command, rawName: string): Promise<SallyportError> {
  const names = Object.keys(command.options).map((name) => `--${name}`);
  const hint = await didYouMean(rawName, names, `see \`sallyport ${command.name} --help\`.`);
  return usage(`${command.name} has no option ${rawName}; ${hint}`);
}

function usage(message: string): SallyportError {
  return new SallyportError("usage", message);
}
