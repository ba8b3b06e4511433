import type { Json } from "../../../base/index.ts";
import type { ForgeCall } from "../../../policy/index.ts";
import type { ForgeAnswer } from "../../forge.ts";
import { badField, json } from "./answers.ts";

/** Which part of a list a call asks for; pages count from 1. */
export type Page = { readonly page: number; readonly pagelen: number; readonly offset: number };

const DEFAULT_LENGTH = 10;
const LONGEST = 100;

export function readPage(call: ForgeCall): Page {
  for (const name of ["q", "sort", "fields"]) {
    if (call.query[name] !== undefined) throw badField(name, "this forge does not filter or sort");
  }
  const page = readCount(call, "page", 1, 1_000_000);
  const pagelen = readCount(call, "pagelen", DEFAULT_LENGTH, LONGEST);
  return { page, pagelen, offset: (page - 1) * pagelen };
}

function readCount(call: ForgeCall, name: string, absent: number, most: number): number {
  const value = call.query[name];
  if (value === undefined) return absent;
  if (!/^[1-9]\d{0,6}$/u.test(value) || Number(value) > most) throw badField(name, `must be 1 to ${most}`);
  return Number(value);
}

/** `{pagelen, page, size, values, next?}`; `size` counts the whole list. */
export function pageAnswer(
  call: ForgeCall,
  base: string,
  page: Page,
  values: readonly Json[],
  size: number,
): ForgeAnswer {
  const answer = { pagelen: page.pagelen, page: page.page, size, values };
  if (page.offset + values.length >= size || values.length === 0) return json(answer);
  return json({ ...answer, next: nextAddress(call, base, page) });
}

/** A list that is small enough to be made whole. */
export function pageOf(call: ForgeCall, base: string, all: readonly Json[]): ForgeAnswer {
  const page = readPage(call);
  return pageAnswer(call, base, page, all.slice(page.offset, page.offset + page.pagelen), all.length);
}

function nextAddress(call: ForgeCall, base: string, { page, pagelen }: Page): string {
  const path = (call.operation.rest?.path ?? "").replaceAll(/\{(?<name>\w+)\*?\}/gu, (_match, name: string) => {
    if (name === "workspace") return call.repository.split("/")[0] ?? "";
    if (name === "repo_slug") return call.repository.split("/")[1] ?? "";
    return (call.path[name] ?? "").split("/").map(encodeURIComponent).join("/");
  });
  const query = new URLSearchParams({ ...call.query, page: String(page + 1), pagelen: String(pagelen) });
  return `${base}${path}?${query.toString()}`;
}
