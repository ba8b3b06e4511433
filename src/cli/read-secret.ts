import { createInterface } from "node:readline/promises";
import { text } from "node:stream/consumers";
import { Writable } from "node:stream";
import type { ReadStream } from "node:tty";
import { SallyportError } from "../base/index.ts";

type Input = ReadStream & { readonly isTTY: boolean };

/**
 * One line that nobody sees: from a terminal by a prompt without echo, else all of the input without its last line end.
 * Throws `interrupted` on Ctrl-C.
 */
export async function readSecret(input: Input, prompts: Writable, prompt: string): Promise<string> {
  if (!input.isTTY) return (await text(input)).replace(/\r?\n$/, "");
  // With this as the terminal, what is typed is echoed nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: nowhere, terminal: true });
  const stop = new AbortController();
  lines.on("SIGINT", () => stop.abort());
  lines.on("close", () => stop.abort());
  prompts.write(prompt);
  try {
    return await lines.question("", { signal: stop.signal });
  } catch (cause) {
    throw new SallyportError("interrupted", "no key was given.", { cause });
  } finally {
    lines.close();
    prompts.write("\n");
  }
}
