import { z } from "zod";
import type { ArgumentBinding, Operation } from "../policy/index.ts";
import { ARGUMENT_TEXTS, type ArgumentText } from "./tool-arguments.ts";
import type { Tool } from "./tool.ts";

/** No id of Bitbucket's is larger, and every JSON reader keeps it exact. */
const LARGEST_ID = 999_999_999_999_999;
const NO_CONTROLS = /^[^\u0000-\u001f\u007f]*$/u;
const NO_NUL = /^[^\u0000]*$/u;
/** One path segment: nothing that git takes for an option, no slash, no dot segment (attack 33, as for REST paths). */
const SEGMENT = /^(?!-)(?!\.{1,2}$)[^/\\\u0000-\u001f\u007f]+$/u;
const SEGMENTS = /^(?!-)(?!(?:.*\/)?\.{0,2}(?:\/|$))[^\\\u0000-\u001f\u007f]+$/u;

/** Checks a tool's arguments; what it does not list is refused (design, rule 1: both doors are equally strict). */
export type ArgumentSchema = z.ZodType<Readonly<Record<string, unknown>>>;

/** The schema of a tool's arguments: those of its operations, each once. An argument without a text is a bug. */
export function argumentSchema(tool: Tool): ArgumentSchema {
  const members: Record<string, z.ZodType> = {};
  for (const operation of [tool.operation, ...(tool.narrowed === null ? [] : [tool.narrowed])]) {
    for (const binding of operation.arguments) {
      const text = tool.row.arguments?.[binding.name] ?? ARGUMENT_TEXTS[binding.name];
      if (text === undefined) throw new TypeError(`argument ${binding.name} of ${tool.name} has no description`);
      const schema = bindingSchema(operation, binding, text).describe(text.description);
      members[binding.name] = tool.row.required.includes(binding.name) ? schema : schema.optional();
    }
  }
  return z.strictObject(members);
}

/** The same as JSON Schema 2020-12, for `tools/list`. */
export function inputSchemaOf(schema: ArgumentSchema): { type: "object"; [member: string]: unknown } {
  const { $schema: _dialect, type: _type, ...rest } = z.toJSONSchema(schema, { target: "draft-2020-12" });
  return { type: "object", ...rest };
}

/** What is wrong with the arguments, naming each one: `line: expected int, received string`. */
export function argumentFaults(error: z.ZodError): string {
  return error.issues
    .map((issue) =>
      issue.code === "unrecognized_keys"
        ? `${issue.keys.join(", ")}: no such argument`
        : `${issue.path.join(".") || "arguments"}: ${issue.message}`,
    )
    .join("; ");
}

function bindingSchema(operation: Operation, binding: ArgumentBinding, text: ArgumentText): z.ZodType {
  if (binding.type === "boolean") return z.boolean();
  if (binding.type === "integer") return z.int().min(1).max(LARGEST_ID);
  if (text.values !== undefined) return z.enum(text.values);
  const pattern = patternOf(operation, binding, text);
  return (
    z
      .string()
      // As a refinement, not as `pattern`: clients whose expressions know no look-ahead would refuse the whole list.
      .refine((value) => pattern.test(value), "has a character or a path segment that is not allowed here")
  );
}

function patternOf(operation: Operation, binding: ArgumentBinding, text: ArgumentText): RegExp {
  if (text.prose === true) return NO_NUL;
  if (binding.in !== "path") return NO_CONTROLS;
  return operation.rest?.path.includes(`{${binding.at}*}`) === true ? SEGMENTS : SEGMENT;
}
