import type { IncomingMessage } from "node:http";
import { pipeline, Transform, type Readable } from "node:stream";

/** A body that was read as a whole, or the status and the clause with which it is refused. */
export type Body =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly status: 400 | 408 | 413; readonly reason: string };

/** How much of a body that is too large is still read, so that the client is there to read the answer. */
const DRAIN_FACTOR = 8;

/** Reads a whole body of at most `maxBytes` within `milliseconds`. Never throws; never keeps more than `maxBytes`. */
export function readBody(request: IncomingMessage, maxBytes: number, milliseconds: number): Promise<Body> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const tooLarge: Body = { ok: false, status: 413, reason: `the body is larger than ${maxBytes} bytes` };
    const finish = (body: Body): void => {
      clearTimeout(timer);
      request.off("data", onData).off("end", onEnd).off("close", onClose).off("error", onClose);
      request.pause();
      resolve(body);
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
      else chunks.length = 0;
      if (size > maxBytes * DRAIN_FACTOR) finish(tooLarge);
    };
    const onEnd = (): void => finish(size > maxBytes ? tooLarge : { ok: true, bytes: Buffer.concat(chunks) });
    const onClose = (): void => finish({ ok: false, status: 400, reason: "the body ended early" });
    const timer = setTimeout(
      () => finish({ ok: false, status: 408, reason: "the body did not arrive in time" }),
      milliseconds,
    );
    request.on("data", onData).on("end", onEnd).on("close", onClose).on("error", onClose);
  });
}

/** Thrown into a stream that carries more than its limit. */
export class BodyTooLarge extends Error {
  override readonly name = "BodyTooLarge";
}

/** The same bytes with back-pressure; fails with `BodyTooLarge` once they are more than `maxBytes`. */
export function limitBody(body: Readable, maxBytes: number): Readable {
  let size = 0;
  const limited = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > maxBytes) done(new BodyTooLarge(`the body is larger than ${maxBytes} bytes`));
      else done(null, chunk);
    },
  });
  // The reader of `limited` gets the error; a reader that let go of it before must not make it end the broker.
  limited.on("error", () => {});
  return pipeline(body, limited, () => {});
}
