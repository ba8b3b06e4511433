import { inspect } from "node:util";

const REDACTED = "[redacted]";

/**
 * A value that must not be printed by accident (attack 5): every way that turns it into text yields `[redacted]`.
 * Only `reveal()` gives the value, so that each use is visible to a reader and to a search.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
