import { SallyportError } from "../base/index.ts";

/** `text` as one of `choices`, else a `SallyportError` with code `usage` that names them. */
export function readChoice<Choice extends string>(what: string, text: string, choices: readonly Choice[]): Choice {
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined)
    throw new SallyportError("usage", `${what} is one of ${choices.join(", ")}, not "${text}".`);
  return choice;
}

/** A positive whole number as a person writes it, else a `SallyportError` with code `usage`. */
export function readNumber(what: string, text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new SallyportError("usage", `${what} is a whole number from 1, not "${text}".`);
  return Number(text);
}
