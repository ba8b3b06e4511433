import { parse } from "yaml";
import { z } from "zod";

/** A play: what the script agent does, in order, as data (`.sallyport/agents/NAME.yml`). */
export type Play = { readonly steps: readonly PlayStep[] };

/** Prints a line. */
export type SayStep = { readonly say: string };

/** Calls a tool of the gateway. */
export type CallStep = {
  readonly call: string;
  readonly with?: Readonly<Record<string, unknown>>;
  /** Keeps the text of the result under this name. */
  readonly save?: string;
  /** Makes the call through an MCP client of its own, with a connection of its own (attack 42). */
  readonly "second-client"?: boolean;
  readonly "stop-on-failure"?: boolean;
};

/** Runs a command with `/bin/sh -c` in the workspace. */
export type ShellStep = { readonly shell: string; readonly save?: string; readonly "stop-on-failure"?: boolean };

/** Writes files, commits them and pushes the commit to a branch of `origin`. */
export type PushStep = {
  readonly push: {
    readonly branch: string;
    readonly files?: Readonly<Record<string, string>>;
    readonly message: string;
  };
  readonly "stop-on-failure"?: boolean;
};

/** Plays its steps only if a saved text contains something: an agent that follows what it reads. */
export type WhenStep = {
  readonly when: { readonly saved: string; readonly contains: string };
  readonly steps: readonly PlayStep[];
};

export type PlayStep = SayStep | CallStep | ShellStep | PushStep | WhenStep;

const PLAY_CHARACTERS = 256 * 1024;

const name = z.string().regex(/^[a-z][a-z0-9_]*$/u, "a name is lower-case letters, digits and underscores");
const saveAs = { save: name.optional(), "stop-on-failure": z.boolean().optional() };

const sayStep = z.strictObject({ say: z.string() });
const callStep = z.strictObject({
  call: z.string().min(1),
  with: z.record(z.string(), z.unknown()).optional(),
  "second-client": z.boolean().optional(),
  ...saveAs,
});
const shellStep = z.strictObject({ shell: z.string().min(1), ...saveAs });
const pushStep = z.strictObject({
  push: z.strictObject({
    branch: z.string().min(1),
    files: z.record(z.string().min(1), z.string()).optional(),
    message: z.string().min(1),
  }),
  "stop-on-failure": z.boolean().optional(),
});
const whenStep = z.strictObject({
  when: z.strictObject({ saved: name, contains: z.string().min(1) }),
  get steps(): z.ZodArray<z.ZodType<PlayStep>> {
    return z.array(playStep);
  },
});

const STEPS = { say: sayStep, call: callStep, shell: shellStep, push: pushStep, when: whenStep };

/** A step is known by its verb, so that what is wrong with it is said about that verb alone. */
const playStep: z.ZodType<PlayStep> = z.unknown().transform((value, context): PlayStep => {
  const verbs = Object.entries(STEPS).filter(([verb]) => typeof value === "object" && value !== null && verb in value);
  const [only] = verbs;
  if (only === undefined || verbs.length > 1) {
    context.addIssue({ code: "custom", message: `a step has exactly one of ${Object.keys(STEPS).join(", ")}` });
    return z.NEVER;
  }
  const parsed = only[1].safeParse(value);
  if (parsed.success) return withoutUndefined(parsed.data);
  for (const issue of parsed.error.issues) {
    context.addIssue({ code: "custom", message: issue.message, path: [...issue.path] });
  }
  return z.NEVER;
});

const playSchema = z.strictObject({ steps: z.array(playStep).min(1) });

/** Reads a play. Throws an `Error` that names each thing that is wrong, and where. */
export function parsePlay(text: string): Play {
  if (text.length > PLAY_CHARACTERS) throw new Error(`it has more than ${PLAY_CHARACTERS} characters`);
  const parsed = playSchema.safeParse(parse(text, { maxAliasCount: 20 }));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    (issue) => `${issue.path.map(String).join(".") || "the play"}: ${issue.message}`,
  );
  throw new Error(faults.join("; "));
}

/** zod leaves no undefined members in what it parsed; the types just cannot say so. */
function withoutUndefined(step: z.infer<(typeof STEPS)[keyof typeof STEPS]>): PlayStep {
  // Sound: under exactOptionalPropertyTypes the two differ only in `undefined` members, which parsed YAML never has.
  return step as PlayStep;
}
