import type { Door } from "../authority/index.ts";
import { inert } from "../base/index.ts";
import { argumentsOf, type ForgeCall } from "../policy/index.ts";

const SUMMARY_LENGTH = 160;
const VALUE_LENGTH = 60;

/**
 * How a call reads in one line of at most 160 characters: `createPullRequest "Totally harmless"` or
 * `POST /2.0/repositories/demo/shop/pullrequests "Totally harmless"`. Inert, whatever the arguments hold.
 */
export function summarizeCall(call: ForgeCall, door: Door): string {
  const { operation } = call;
  const byRest = door === "rest" && operation.rest !== null;
  const name = byRest ? restLine(call) : (operation.tool ?? operation.id);
  const args = Object.entries(argumentsOf(call)).filter(([argument]) => !byRest || inBody(call, argument));
  return cut(
    inert([name, ...args.map(([argument, value]) => argumentText(argument, value))].join(" ")),
    SUMMARY_LENGTH,
  );
}

function restLine(call: ForgeCall): string {
  const [workspace = "", slug = ""] = call.repository.split("/");
  const values: Readonly<Record<string, string>> = { ...call.path, workspace, repo_slug: slug };
  const path = call.operation.rest?.path.replaceAll(/\{(\w+)\*?\}/gu, (_whole, name: string) => values[name] ?? "");
  return `${call.operation.rest?.method ?? ""} /2.0${path ?? ""}`;
}

function inBody(call: ForgeCall, argument: string): boolean {
  return call.operation.arguments.some((binding) => binding.name === argument && binding.in === "body");
}

/** A text speaks for itself, in quotes; a number needs its name. */
function argumentText(name: string, value: string | number | boolean): string {
  return typeof value === "string" ? `"${cut(value, VALUE_LENGTH)}"` : `${name} ${value}`;
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
