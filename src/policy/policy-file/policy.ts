import type { Scope } from "../scope.ts";

/**
 * The organisation's ceiling: what one policy file says, parsed (design, section 5). It never gives a step anything by
 * itself; what it does not mention it does not limit, but for exceptions, which exist only where it lists them.
 */
export type Policy = {
  /** Its path, for messages and the ledger. */
  readonly path: string;
  /** SHA-256 over its bytes, lower-case hex. */
  readonly digest: string;
  readonly rules: PolicyRules;
  /** Narrower rules for some repositories. */
  readonly repositories: readonly RepositoryRules[];
};

export type RepositoryRules = {
  /** A glob over `workspace/slug`. */
  readonly repository: string;
  readonly rules: PolicyRules;
};

/** `null`: no limit by this policy. */
export type PolicyRules = {
  /** The implicit read needs no line. */
  readonly scopes: readonly Scope[] | null;
  /** Minutes. */
  readonly maxTime: number | null;
  /** Agents that may run, by provider. */
  readonly providers: readonly string[] | null;
  /** Model services that may be called. */
  readonly models: readonly string[] | null;
  /** Custom MCP servers that may be used. */
  readonly servers: readonly AllowedServer[] | null;
  /** Globs over `host:port`. */
  readonly egress: readonly string[] | null;
  /** Kinds of boxes that are good enough. */
  readonly boxes: readonly string[] | null;
  /** Protections that a machine must have, by their ids in `sallyport doctor`. */
  readonly boxProtections: readonly string[];
  /** Who may answer `ask`. */
  readonly approvers: readonly string[] | null;
  /** In order: the first that the repository has is the one whose text counts as reviewed (rule 2). */
  readonly trustedBranches: readonly string[] | null;
  /** Globs of the branches that a step with an agent may write. */
  readonly agentBranches: readonly string[] | null;
  /** True: a step without an agent reaches nothing but what `network.allow` lists either (rule 13). */
  readonly closeOpenEgress: boolean;
  readonly exceptions: PolicyExceptions;
};

/** A custom MCP server: an address, or a command. */
export type AllowedServer = {
  readonly name: string;
  readonly url: string | null;
  readonly command: readonly string[] | null;
};

/** What a policy lifts. Every policy that applies must lift it, or it is not lifted. */
export type PolicyExceptions = {
  /** Rule 3: globs of authority files that a step's push may change. */
  readonly authorityFiles: readonly string[];
  /** Rule 5: operations without a tool that a step with an agent may do, by id. */
  readonly operations: readonly string[];
  /** Rule 9: globs of protected branches that a reviewed step without agent and taint may push to. */
  readonly branches: readonly string[];
  /** Rule 9: such a step may post build statuses. */
  readonly buildStatus: boolean;
  /** Rule 10: edges over which an agent's artifacts leave scopes as they are. */
  readonly edges: readonly TaintEdge[];
  /** Variables that may enter a step which would otherwise not get them. */
  readonly securedVariables: readonly { readonly name: string; readonly step: string }[];
};

/** From the step that makes an artifact to the one that names it, by the names that they have in the trusted file. */
export type TaintEdge = { readonly from: string; readonly to: string };

export const NO_EXCEPTIONS: PolicyExceptions = {
  authorityFiles: [],
  operations: [],
  branches: [],
  buildStatus: false,
  edges: [],
  securedVariables: [],
};
