import type { Json } from "../../../base/index.ts";
import type { ForgeAnswer } from "../../forge.ts";

/** A request that is answered with an error in Bitbucket's shape. Thrown by handlers, caught where they are called. */
export class RequestFault extends Error {
  override readonly name = "RequestFault";
  readonly status: number;
  readonly fields: Readonly<Record<string, readonly string[]>>;

  constructor(status: number, message: string, fields: Readonly<Record<string, readonly string[]>> = {}) {
    super(message);
    this.status = status;
    this.fields = fields;
  }
}

/** 400 for one member of the body or the query. */
export function badField(name: string, message: string): RequestFault {
  return new RequestFault(400, `${name}: ${message}`, { [name]: [message] });
}

export function notFound(what: string): RequestFault {
  return new RequestFault(404, `${what} not found`);
}

export function json(value: Json, status = 200): ForgeAnswer {
  return { status, body: { kind: "json", value } };
}

export function text(value: string | Buffer, type = "text/plain; charset=utf-8"): ForgeAnswer {
  return { status: 200, body: { kind: "text", type, text: value } };
}

export const NO_CONTENT: ForgeAnswer = { status: 204, body: { kind: "none" } };

/** `{type: "error", error: {message, fields?}}`. */
export function faultAnswer({ status, message, fields }: RequestFault): ForgeAnswer {
  const listed = Object.entries(fields).map(([name, messages]) => [name, [...messages]] as const);
  const error = listed.length === 0 ? { message } : { message, fields: Object.fromEntries(listed) };
  return json({ type: "error", error }, status);
}
