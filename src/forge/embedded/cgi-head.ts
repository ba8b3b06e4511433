import { once } from "node:events";
import type { Readable } from "node:stream";

/** The head of a CGI answer (RFC 3875, section 6.2). */
export type CgiHead = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
};

const LONGEST_HEAD = 64 * 1024;

/** Reads the head from a program's output, and leaves the stream where the body begins. Throws when there is none. */
export async function readCgiHead(output: Readable): Promise<CgiHead> {
  let seen = Buffer.alloc(0);
  for (;;) {
    // Sound: a stream without an encoding gives buffers, or null when nothing waits.
    const chunk = output.read() as Buffer | null;
    if (chunk === null) {
      if (output.readableEnded || output.destroyed) throw new Error("git http-backend ended before its head did");
      await Promise.race([once(output, "readable"), once(output, "end"), once(output, "close")]);
      continue;
    }
    seen = Buffer.concat([seen, chunk]);
    const end = seen.indexOf("\r\n\r\n");
    if (end >= 0) {
      if (end + 4 < seen.length) output.unshift(seen.subarray(end + 4));
      return parseHead(seen.toString("latin1", 0, end));
    }
    if (seen.length > LONGEST_HEAD) throw new Error("git http-backend sent no end of its head");
  }
}

function parseHead(text: string): CgiHead {
  let status = 200;
  const headers: Record<string, string> = {};
  for (const line of text.split("\r\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === "status") status = Number.parseInt(value, 10);
    else if (colon > 0) headers[name] = value;
  }
  return { status, headers };
}
