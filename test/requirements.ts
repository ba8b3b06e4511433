/**
 * What Sallyport promises, as data that tests cite: the rules of the design (section 5), the attacks that really
 * happened, and the facts of Bitbucket Agentic Pipelines. `test/checks/requirements.test.ts` holds the tests against it.
 *
 * A test cites a requirement by its id in its title (`attack 33: …`, `rule 5: …`, `T3: …`) or, where the title comes
 * from a table, in a comment `// cites: attack 33, rule 5`.
 */
export type Requirement = {
  readonly id: string;
  readonly title: string;
  /** `tested`: some test cites it. `planned`: none does yet, and `reason` says what it waits for. */
  readonly status: "tested" | "planned";
  /** Why it is planned; or, when tested, which part is still open. */
  readonly reason?: string;
};

/** What planned requirements wait for. */
const BOX = "waits for the full hostile suite inside boxes, containers included";
const DOORS = "waits for egress, packages and masking: until then every destination outside is refused";
const GATEWAY = "waits for custom MCP servers and approvals: until then none starts and `ask` is a denial";
const PIPELINE = "waits for caches and the lint rules of the pipeline language";
const SIGNALS = "waits for the signals over the ledger";

const tested = (id: string, title: string, reason?: string): Requirement =>
  reason === undefined ? { id, title, status: "tested" } : { id, title, status: "tested", reason };
const planned = (id: string, title: string, reason: string): Requirement => ({ id, title, status: "planned", reason });

export const REQUIREMENTS: readonly Requirement[] = [
  tested("rule 1", "implicit read; every other scope is declared; write does not imply read"),
  tested("rule 2", "authority belongs to reviewed text"),
  tested("rule 3", "a step's ref starts nothing, and no step changes an authority file"),
  tested("rule 4", "a token lives until step end, max-time or revocation; one audience, one repository"),
  tested("rule 5", "deny beats allow and ask, then default; an operation without a tool is refused to an agent step"),
  tested("rule 6", "tools/list shows only what this token may call"),
  tested("rule 7", "ask waits for a human, who approves a digest", "nobody can be asked yet, so `ask` is a denial"),
  tested("rule 8", "an argument is pinned to a value, a glob or a length; calls are counted"),
  tested("rule 9", "no step satisfies a human gate or writes the default branch"),
  tested(
    "rule 10",
    "taint follows an agent's artifacts",
    "output variables, deployments and secured variables do not exist yet",
  ),
  tested("rule 11", "a denial says which gate, why, and what would have to change"),
  planned("rule 12", "a tool's definition is pinned by hash", GATEWAY),
  tested("rule 13", "egress only to what is allowed", "nothing can be allowed yet"),
  tested("rule 14", "writes are durable in the ledger before the forge sees them"),

  tested("attack 1", "secret in the process tree", "the scan of what leaves waits for the room of secrets"),
  planned("attack 2", "in-process file tool", BOX),
  tested("attack 3", "key through procfs with sudo"),
  tested("attack 4", "shared MCP bearer"),
  tested("attack 5", "token in a path or log"),
  tested("attack 6", "sibling's memory"),
  tested("attack 7", "cross-repository toxic flow"),
  tested("attack 8", "config from the PR"),
  tested("attack 9", "allow-list by command prefix"),
  tested("attack 10", "NUL in a host name"),
  planned("attack 11", "relayed CONNECT", DOORS),
  planned("attack 12", "DNS tunnelling", DOORS),
  planned("attack 13", "allowed-domain exfiltration", DOORS),
  planned("attack 14", "images as a channel", GATEWAY),
  planned("attack 15", "cache poisoning", PIPELINE),
  planned("attack 16", "artifact execution", PIPELINE),
  planned("attack 17", "tool poisoning, rug pull, shadowing", GATEWAY),
  tested("attack 18", "injected tool result"),
  tested("attack 19", "comment to another PR"),
  tested("attack 20", "editing a human's comment"),
  planned("attack 21", "bot name bypass", GATEWAY),
  tested("attack 22", "sandbox quietly absent"),
  planned("attack 23", "detector fails open", SIGNALS),
  planned("attack 24", "staged flag ignored", "waits for `run --dry-run`: until then it is refused"),
  tested(
    "attack 25",
    "terminal injection, io_uring",
    "io_uring and TIOCSTI from inside a box wait for the full hostile suite",
  ),
  tested("attack 26", "leftover process"),
  tested(
    "attack 27",
    "fork bomb, memory, disk, log flood",
    "logs and the ledger; processes, memory and disk wait for the full hostile suite",
  ),
  tested("attack 28", "symlink and hard link tricks", "logs and the ledger; caches wait for the pipeline language"),
  tested("attack 29", "git tricks"),
  tested("attack 30", "force push, branch delete, tag move"),
  tested("attack 31", "approve or merge its own PR"),
  planned("attack 32", "replay of an approval", GATEWAY),
  tested("attack 33", "token after the step"),
  tested("attack 34", "clock games"),
  tested("attack 35", "oversized or malformed frames"),
  tested("attack 36", "YAML bombs and traps"),
  tested(
    "attack 37",
    "secret by transformation in logs",
    "known values in logs; secured variables wait for their room",
  ),
  tested("attack 38", "instruction-file poisoning"),
  planned("attack 39", "git author spoofing", "waits for the check of who wrote a pushed commit"),
  planned("attack 40", "poisoned agent binary", BOX),
  tested("attack 41", "self-made destination"),
  tested("attack 42", "side door"),
  tested(
    "attack 43",
    "the model's own tools",
    "only listed requests leave; hosted tools and URL sources inside a request's body are open, as is a policy for models",
  ),
  tested("attack 44", "satisfying the gate"),
  tested("attack 45", "borrowed rights"),
  planned("attack 46", "registry as a way out", DOORS),

  tested("T1", "each step gets a short-lived OAuth token"),
  tested("T2", "scoped to the repository that the pipeline runs against"),
  tested("T3", "scoped to max-time; expires when the step ends"),
  tested("T4", "may read the repository, implicitly"),
  tested("T5", "more scopes per step under auth.system.scopes"),
  tested("T6", "scopes act through the Bitbucket MCP server with no bot account"),
  tested("T7", "pull requests, comments and tasks can be created and updated"),
  tested("T8", "read by default; write only on the step that needs it"),
  planned("M1", "several MCP servers per agent", GATEWAY),
  tested("M2", "the Bitbucket server starts with the step and is configured without user action"),
  tested("M3", "it restricts the agent to allowed operations"),
  tested("M4", "it enforces the scopes of the token"),
  tested("M5", "it offers tools for Bitbucket content"),
  planned("M6", "allow-list the fewest tools; deny those never wanted", GATEWAY),
  planned("M7", "custom servers take credentials from secured variables", GATEWAY),
  planned("M8", "never from repository files, images or prompts", GATEWAY),
  planned("M9", "third-party servers are not trusted", GATEWAY),
  tested("M10", "a server that nothing names is not started", "as a rule; no custom server starts yet"),
  planned("H1", "layers: scopes, configuration overrides, prompt design, workflow controls", PIPELINE),
  tested("H2", "a human gate behind every write"),
  tested("H3", "new tools are denied until allow-listed", "the rule stands; custom servers do not start yet"),
  tested("H4", "toolPermissions deny also tools allowed by default"),
  planned("H5", "prompts state the allowed operations and outputs", PIPELINE),
  planned("H6", "no secrets in prompts", PIPELINE),
  planned("H7", "custom variables that override prompts are an attack path", PIPELINE),
  planned("H8", "sensitive actions in separate steps with their own scopes and agents", PIPELINE),
  planned("H9", "shorter max-time for high-privilege steps", PIPELINE),
  tested("H10", "the agent opens or updates PRs, never commits to protected branches"),
  tested("H11", "context passes between steps as artifacts"),
  planned("A1", "step logs are watched for unexpected agent actions", SIGNALS),
  planned("A2", "unusual or repeated write attempts are signals", SIGNALS),
];
