import type { IncomingMessage } from "node:http";
import { Transform, type Readable } from "node:stream";

/** A body that was read as a whole, or the status and the clause with which it is refused. */
export type Body =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly status: 400 | 408 | 413; readonly reason: string };

/**
 * Reads a whole body of at most `maxBytes` within `milliseconds`. Never throws, and never keeps more than `maxBytes`;
 * what is left of a refused body is for the door to throw away.
 */
export function readBody(request: IncomingMessage, maxBytes: number, milliseconds: number): Promise<Body> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (body: Body): void => {
      clearTimeout(timer);
      request.off("data", onData).off("end", onEnd).off("close", onClose);
      request.pause();
      resolve(body);
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > maxBytes) finish({ ok: false, status: 413, reason: `the body is larger than ${maxBytes} bytes` });
    };
    const onEnd = (): void => finish({ ok: true, bytes: Buffer.concat(chunks) });
    // Without a listener for errors, a request that breaks off only closes.
    const onClose = (): void => finish({ ok: false, status: 400, reason: "the body ended early" });
    const timer = setTimeout(
      () => finish({ ok: false, status: 408, reason: "the body did not arrive in time" }),
      milliseconds,
    );
    request.on("data", onData).on("end", onEnd).on("close", onClose);
  });
}

/** Thrown into a stream that carries more than its limit. */
export class BodyTooLarge extends Error {
  override readonly name = "BodyTooLarge";
}

/**
 * The same bytes with back-pressure; fails with `BodyTooLarge` once they are more than `maxBytes`, and when `body` breaks
 * off. `body` itself outlives the failure, so that its connection can still carry the answer.
 */
export function limitBody(body: Readable, maxBytes: number): Readable {
  let size = 0;
  const limited = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > maxBytes) done(new BodyTooLarge(`the body is larger than ${maxBytes} bytes`));
      else done(null, chunk);
    },
  });
  // A reader that has let go must not make a late failure end the broker.
  limited.on("error", () => {});
  body.once("close", () => {
    if (!body.readableEnded) limited.destroy(new BodyBrokeOff("the body ended early"));
  });
  return body.pipe(limited);
}

/** Thrown into a stream whose client hung up. */
class BodyBrokeOff extends Error {
  override readonly name = "BodyBrokeOff";
  readonly code = "ERR_STREAM_PREMATURE_CLOSE";
}
