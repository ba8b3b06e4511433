/** What one folder of `src/` may import: other rooms through their `index.ts`, and npm packages. `node:` is free. */
export type Room = {
  readonly name: string;
  /** What lives there, in a few words; printed in CONTRIBUTING.md. */
  readonly holds: string;
  readonly imports: readonly string[];
  readonly packages: readonly string[];
};

/** Every room below which `runner` stands. */
const ABOVE_RUNNER = (
  "base db secrets policy pipeline token ledger runs approvals authority " +
  "box forge mcp-servers gateway broker agents"
).split(" ");

/** The import table (design, section 6), from the ground up: a room imports only rooms above its own line. */
export const ROOMS: readonly Room[] = [
  {
    name: "base",
    holds: "errors, `Secret`, ids, clock, canonical and strict JSON; no domain words",
    imports: [],
    packages: [],
  },
  {
    name: "db",
    holds: "open, migrate, transact; no table of any domain",
    imports: ["base"],
    packages: ["kysely", "better-sqlite3"],
  },
  {
    name: "secrets",
    holds: "where secrets come from, masking, the scan of what leaves",
    imports: ["base"],
    packages: [],
  },
  {
    name: "policy",
    holds: "operations, scopes, tool permissions, Grant, Decision, `authorize`; pure",
    imports: ["base"],
    packages: ["zod", "yaml", "unbash"],
  },
  {
    name: "pipeline",
    holds: "file → Plan and findings; pure",
    imports: ["base", "policy"],
    packages: ["yaml", "zod"],
  },
  { name: "token", holds: "mint, verify, revoke; keys", imports: ["base", "db", "policy"], packages: ["jose"] },
  {
    name: "ledger",
    holds: "event schema, the chain (pure), append, verify",
    imports: ["base", "db", "policy"],
    packages: ["zod"],
  },
  { name: "runs", holds: "what ran: runs, steps, logs, artifacts on disk", imports: ["base", "db"], packages: [] },
  { name: "approvals", holds: "asked, answered, expired", imports: ["base", "db", "policy"], packages: [] },
  {
    name: "authority",
    holds: "the one sequence that every operation passes",
    imports: ["base", "policy", "token", "ledger", "approvals"],
    packages: [],
  },
  { name: "box", holds: "port, `bwrap/`, `door/`; cgroups, limits, seccomp", imports: ["base"], packages: [] },
  {
    name: "forge",
    holds: "port, `embedded/` (git and database)",
    imports: ["base", "db", "policy", "runs"],
    packages: ["undici"],
  },
  {
    name: "mcp-servers",
    holds: "custom servers: config, start, pins",
    imports: ["base", "policy", "secrets", "box"],
    packages: ["@modelcontextprotocol/client"],
  },
  {
    name: "gateway",
    holds: "the MCP face: tools, each call through `authority`",
    imports: ["base", "policy", "authority", "forge", "mcp-servers", "secrets"],
    packages: ["@modelcontextprotocol/server", "zod"],
  },
  {
    name: "broker",
    holds: "the step's socket: routes, egress, key injection",
    imports: ["base", "policy", "authority", "forge", "gateway", "secrets"],
    packages: ["undici"],
  },
  {
    name: "agents",
    holds: "provider → command, config files, environment; one file a provider",
    imports: ["base", "policy", "pipeline"],
    packages: ["yaml", "zod", "smol-toml", "@modelcontextprotocol/client"],
  },
  {
    name: "runner",
    holds: "walks a Plan",
    imports: ABOVE_RUNNER,
    packages: [],
  },
  {
    name: "cli",
    holds: "argv → one call → exit code; the composition root; the only place that prints",
    imports: [...ABOVE_RUNNER, "runner"],
    packages: [],
  },
];
