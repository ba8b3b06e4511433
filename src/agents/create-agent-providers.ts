import { SallyportError } from "../base/index.ts";
import type { AgentDefinition } from "../pipeline/index.ts";
import { createClaudeProvider } from "./claude-provider.ts";
import type { AgentProvider } from "./provider.ts";
import { createScriptProvider } from "./script-provider.ts";

/** Each provider by its name in the pipeline file. */
export type AgentProviders = Readonly<Record<AgentDefinition["provider"], AgentProvider>>;

/**
 * The providers of this version, those that a file may name and that are not there yet included. `searchPath` is where
 * their programs are looked for, in the form of `PATH`; this process's own unless given.
 */
export function createAgentProviders(searchPath = process.env["PATH"] ?? ""): AgentProviders {
  return {
    script: createScriptProvider(),
    claude: createClaudeProvider(searchPath),
    rovodev: unavailable("rovodev"),
    codex: unavailable("codex"),
  };
}

function unavailable(name: AgentDefinition["provider"]): AgentProvider {
  return {
    name,
    model: null,
    prepare: () =>
      Promise.reject(
        new SallyportError(
          "refused",
          `provider ${name} is not available in this version; use --provider script or claude`,
        ),
      ),
  };
}
