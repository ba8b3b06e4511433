import type { CallToolResult } from "@modelcontextprotocol/server";
import { inert } from "../base/index.ts";
import type { ForgeAnswer } from "../forge/index.ts";
import { isObject, readMember, type Denial } from "../policy/index.ts";
import type { Tool } from "./tool.ts";
import { trimAnswer } from "./trim-answer.ts";
import { frameUntrusted, untrustedJson, untrustedPlain } from "./untrusted-text.ts";

const FORGE_MESSAGE_LENGTH = 400;

/** What the model reads when the forge answered. No structured copy of it: that would be the same text without its frame. */
export function renderAnswer(tool: Tool, answer: ForgeAnswer): CallToolResult {
  if (answer.status >= 400) return toolError(`The forge answered ${answer.status}: ${forgeMessage(answer)}`);
  const { body } = answer;
  if (body.kind === "none") return { content: [{ type: "text", text: "Done." }] };
  const source = `${tool.name} of this repository`;
  if (body.kind === "text") return text(frameUntrusted(source, untrustedPlain(body.text.toString())));
  const { shape } = tool.row;
  return text(frameUntrusted(source, untrustedJson(shape === undefined ? body.value : trimAnswer(body.value, shape))));
}

/** A denial (design, rule 11): which gate, why, what a human would have to change, and that a retry is of no use. */
export function renderDenial(denial: Denial): CallToolResult {
  const needs = denial.needs.change ?? `scopes ${(denial.needs.scopes ?? []).join(", ")}`;
  const message = [
    `Denied by the ${denial.gate} gate: ${inert(denial.reason)}.`,
    `What a human would have to change: ${inert(needs)}.`,
    "Do not retry, by this or any other door: the answer stays the same in this step. Go on without it and say so in your result.",
  ].join("\n");
  return {
    ...toolError(message),
    structuredContent: {
      denied: true,
      gate: denial.gate,
      reason: inert(denial.reason),
      needs: { ...denial.needs },
      message,
    },
  };
}

export function toolError(message: string): CallToolResult {
  return { ...text(message), isError: true };
}

function text(value: string): CallToolResult {
  return { content: [{ type: "text", text: value }] };
}

function forgeMessage({ body }: ForgeAnswer): string {
  const message =
    body.kind === "json" && isObject(body.value) ? readMember(body.value, ["error", "message"]) : undefined;
  return typeof message === "string" ? inert(message.slice(0, FORGE_MESSAGE_LENGTH)) : "without a reason";
}
