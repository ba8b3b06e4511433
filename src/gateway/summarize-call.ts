import type { Door } from "../authority/index.ts";
import { inert } from "../base/index.ts";
import { argumentsOf, type ForgeCall } from "../policy/index.ts";

const SUMMARY_LENGTH = 160;
const VALUE_LENGTH = 60;

/**
 * How a call reads in one line of at most 160 characters: `createPullRequest "Totally harmless"` or
 * `POST /2.0/repositories/demo/shop/pullrequests "Totally harmless"`. Which object it is about, what is asked of a list,
 * and the first text of a body; the rest is in the request. Inert, whatever the arguments hold.
 */
export function summarizeCall(call: ForgeCall, door: Door): string {
  const { operation } = call;
  const byRest = door === "rest" && operation.rest !== null;
  const words = [byRest ? restLine(call) : (operation.tool ?? operation.id), ...argumentWords(call, byRest)];
  return cut(inert(words.join(" ")), SUMMARY_LENGTH);
}

function argumentWords(call: ForgeCall, byRest: boolean): readonly string[] {
  const args = argumentsOf(call);
  const given = call.operation.arguments.filter(({ name }) => args[name] !== undefined);
  const firstText = given.find((binding) => binding.in === "body" && binding.type === "string");
  return given.flatMap((binding) => {
    const value = String(args[binding.name]);
    if (binding === firstText) return [quote(value)];
    if (binding.in === "query") return [`${binding.name} ${cut(value, VALUE_LENGTH)}`];
    if (binding.in === "body" || byRest) return [];
    return [binding.type === "string" ? quote(value) : `${binding.name} ${value}`];
  });
}

function restLine(call: ForgeCall): string {
  const [workspace = "", slug = ""] = call.repository.split("/");
  const values: Readonly<Record<string, string>> = { ...call.path, workspace, repo_slug: slug };
  const path = call.operation.rest?.path.replaceAll(/\{(\w+)\*?\}/gu, (_whole, name: string) => values[name] ?? "");
  return `${call.operation.rest?.method ?? ""} /2.0${path ?? ""}`;
}

function quote(value: string): string {
  return `"${cut(value, VALUE_LENGTH)}"`;
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
