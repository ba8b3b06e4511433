import { z } from "zod";
import { AGENT_PROVIDERS, MODEL_PROVIDERS } from "../agent-providers.ts";
import { OPERATIONS } from "../operations.ts";
import { STEP_SCOPES } from "../scope.ts";

/** A policy file as it is written: the one source of its checks, its types and `docs/reference/policy.schema.json`. */
export type PolicyDocument = z.infer<ReturnType<typeof createPolicySchema>>;
/** What the file and each of its overrides may say. */
export type RulesDocument = z.infer<ReturnType<typeof createRulesSchema>>;
export type ExceptionsDocument = NonNullable<RulesDocument["exceptions"]>;

const MOST_ITEMS = 1_000;

/** Built on demand, so that commands which read no policy do not pay for it. */
function createPolicySchema() {
  const rules = createRulesSchema();
  return z
    .strictObject({
      ...rules.shape,
      repositories: z
        .record(
          z
            .string()
            .regex(/^[^/\s]+\/[^/\s]+$/)
            .max(200),
          rules,
        )
        .meta({ description: "Narrower rules for the repositories that a glob over workspace/slug matches." })
        .exactOptional(),
    })
    .meta({ title: "Sallyport policy", description: "What an organisation allows steps at most." });
}

/** Where in the document something stands: keys and indices from the root. */
export type Path = readonly PropertyKey[];

/** Holds plain data against the schema: the document, or every fault with its path. */
export function checkDocument(value: unknown): z.ZodSafeParseResult<PolicyDocument> {
  return createPolicySchema().safeParse(value);
}

/** The keys that the schema has at a path. */
export function knownKeys(path: Path): readonly string[] {
  const schema = createPolicySchema();
  const [first, second, third] = path;
  const rules = first === "repositories" ? schema.shape.repositories.unwrap().valueType : schema;
  const section = first === "repositories" ? third : first;
  const index = first === "repositories" ? path[3] : second;
  if (section === undefined || (first === "repositories" && path.length === 2)) return Object.keys(rules.shape);
  if (section === "servers") return ["name", "url", "command"];
  if (section !== "exceptions") return Object.keys(rules.shape);
  if (index === "edges") return ["from", "to"];
  if (index === "secured-variables") return ["name", "step"];
  return Object.keys(rules.shape.exceptions.unwrap().shape);
}

/** The same as JSON Schema (draft 2020-12), for editors. */
export function policyJsonSchema(): unknown {
  return z.toJSONSchema(createPolicySchema());
}

function createRulesSchema() {
  const items = <Item extends z.ZodType>(item: Item, description: string) =>
    z.array(item).max(MOST_ITEMS).meta({ description }).exactOptional();
  return z.strictObject({
    scopes: items(z.enum(STEP_SCOPES), "Scopes that a step may hold; the implicit read needs no line."),
    "max-time": z.int().min(1).max(720).meta({ description: "Minutes that a step may take at most." }).exactOptional(),
    providers: items(z.enum(AGENT_PROVIDERS), "Agents that may run, by provider."),
    models: items(z.enum(MODEL_PROVIDERS), "Model services that may be called."),
    servers: items(serverSchema(), "Custom MCP servers that may be used."),
    egress: items(
      pattern(/^(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::\d{1,5})?$/, 260),
      "Hosts that a step may reach, as host or host:port; *.host stands for all below it. The port is 443 unless given.",
    ),
    boxes: items(z.enum(["bwrap", "docker", "podman"]), "Kinds of boxes that are good enough."),
    "box-protections": items(
      pattern(/^[a-z0-9][a-z0-9-]*$/, 60),
      "Protections that a machine must have, by their ids in `sallyport doctor`.",
    ),
    approvers: items(pattern(/^\S+$/, 200), "Who may answer `ask`."),
    "trusted-branches": items(
      pattern(/^[^\s*?{}]+$/, 200),
      "Branches whose text counts as reviewed; the first that a repository has is taken.",
    ),
    "agent-branches": items(pattern(/^\S+$/, 200), "Globs of the branches that a step with an agent may write."),
    "close-open-egress": z
      .boolean()
      .meta({ description: "Steps without an agent reach nothing but what they list, either (rule 13)." })
      .exactOptional(),
    exceptions: exceptionsSchema().exactOptional(),
  });
}

function exceptionsSchema() {
  const items = <Item extends z.ZodType>(item: Item, description: string) =>
    z.array(item).max(MOST_ITEMS).meta({ description }).exactOptional();
  const step = z.string().min(1).max(200);
  return z
    .strictObject({
      "authority-files": items(
        pattern(/^[^/\s][^\n]*$/, 500),
        "Rule 3: globs of authority files that a push may change.",
      ),
      operations: items(
        z.enum(liftableOperations()),
        "Rule 5: operations without a tool that a step with an agent may do.",
      ),
      branches: items(
        pattern(/^\S+$/, 200),
        "Rule 9: globs of protected branches that a reviewed step without agent and taint may push to.",
      ),
      "build-status": z
        .boolean()
        .meta({ description: "Rule 9: a reviewed step without agent and taint may post build statuses." })
        .exactOptional(),
      edges: items(
        z.strictObject({ from: step, to: step }),
        "Rule 10: from the step that makes an artifact to the one that names it, with scopes left as they are.",
      ),
      "secured-variables": items(
        z.strictObject({ name: pattern(/^[A-Za-z_][A-Za-z0-9_]*$/, 200), step }),
        "Secured variables that may enter a step which would otherwise not get them.",
      ),
    })
    .meta({ description: "What is lifted. Every policy that applies must lift it." });
}

function serverSchema() {
  return z.strictObject({
    name: pattern(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 100),
    url: pattern(/^https?:\/\/[^\s@]+$/, 2_000).exactOptional(),
    command: z.array(z.string().min(1).max(2_000)).min(1).max(100).exactOptional(),
  });
}

function pattern(shape: RegExp, longest: number) {
  return z.string().regex(shape).max(longest);
}

/** Operations that only rule 5 keeps from a step with an agent. */
function liftableOperations(): readonly string[] {
  return OPERATIONS.filter(
    ({ tool, openToAgents, humanGate, outside }) =>
      tool === null && !openToAgents && humanGate === null && outside === null,
  ).map(({ id }) => id);
}
