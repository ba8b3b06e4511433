import { format, resolveConfig } from "prettier";
import { policyJsonSchema } from "../../src/policy/index.ts";

/** A file that is made from the code as a whole. */
export type GeneratedFile = { readonly file: string; readonly make: () => string };

/** Every such file. Adding one means one row here. */
export const GENERATED_FILES: readonly GeneratedFile[] = [
  { file: "docs/reference/policy.schema.json", make: () => JSON.stringify(policyJsonSchema()) },
];

/** What a generated file at `path` should say, formatted as the house does. */
export async function renderFile({ make }: GeneratedFile, path: string): Promise<string> {
  return format(make(), { ...(await resolveConfig(path)), filepath: path });
}
