import { inert } from "../../base/index.ts";

/** Turns chunks of a log into inert text, with line feeds and tabs kept and the carriage return before a line feed gone. */
export function createInertDecoder(): { write(chunk: Uint8Array): string; end(): string } {
  const decoder = new TextDecoder();
  let held = "";
  const render = (text: string): string => inert(text.replaceAll("\r\n", "\n"), "\n\t");
  return {
    write(chunk) {
      const text = held + decoder.decode(chunk, { stream: true });
      // Its line feed may be the first character of the next chunk.
      held = text.endsWith("\r") ? "\r" : "";
      return render(text.slice(0, text.length - held.length));
    },
    end: () => render(held + decoder.decode()),
  };
}
