import { SallyportError } from "../base/index.ts";
import { bashRulesOf } from "../policy/index.ts";
import { toClaudeRules, type ClaudeBashRules } from "./claude-bash-permissions.ts";
import { readClaudeSettings, type ClaudeSettings } from "./claude-settings.ts";
import { locateClaude } from "./locate-claude.ts";
import type { AgentInput, AgentProvider } from "./provider.ts";

const SETTINGS = "/opt/sallyport/agent/settings.json";
const MCP_CONFIG = "/opt/sallyport/agent/mcp.json";
/** Where a program insists on a key: the broker puts the real one into the request (design, section 4). */
const PLACEHOLDER = "held-by-the-broker";

/**
 * Claude Code, unchanged, as found on `searchPath`. All of it runs in the box, file tools and shell included (attack 2);
 * it talks to the gateway and to its model through the door and knows no credential.
 */
export function createClaudeProvider(searchPath: string): AgentProvider {
  return {
    name: "claude",
    model: "anthropic",
    async prepare(input) {
      const { agent, door, readFile } = input;
      const config = agent.configPath === null ? null : await readFile(agent.configPath);
      const environment = environmentFor(door);
      const bash = bashRulesOf(agent.toolPermissions);
      const rules = bash === null ? null : toClaudeRules(bash);
      const settings = settingsFor(withRules(readClaudeSettings(agent, config), rules), environment);
      const prompt = await promptOf(input);
      const { command, binds } = locateClaude(searchPath);
      return {
        argv: [...command, ...OPTIONS, ...(rules?.closed ? UNANSWERED_PROMPTS : NO_PROMPTS), "--", prompt],
        environment,
        files: [
          { path: SETTINGS, content: `${JSON.stringify(settings, null, 2)}\n` },
          { path: MCP_CONFIG, content: `${JSON.stringify(mcpConfigFor(door), null, 2)}\n` },
        ],
        binds,
      };
    },
  };
}

const OPTIONS = [
  "--print",
  "--output-format",
  "stream-json",
  "--verbose",
  "--mcp-config",
  MCP_CONFIG,
  "--strict-mcp-config",
  "--settings",
  SETTINGS,
  // Not `project` and `local`: what the checked-out branch holds in .claude/, CLAUDE.md or .mcp.json is not reviewed.
  "--setting-sources",
  "user",
  // A prompt is text also when it begins with a slash.
  "--disable-slash-commands",
  "--no-session-persistence",
  "--allowedTools",
  "mcp__bitbucket",
  // They cannot work here: the box has no network, and the model's own search is a way out (attack 43).
  "--disallowedTools",
  "WebSearch,WebFetch",
];

// Nobody sits in the box to answer a prompt of Claude's own. The box and the gateway are the boundary, not this switch:
// whatever the program then does, it does inside the box, and each operation passes the gates (attacks 2 and 22).
const NO_PROMPTS = ["--dangerously-skip-permissions"];
// Rules that close the shell are kept by prompts that nobody answers.
const UNANSWERED_PROMPTS = ["--permission-mode", "default"];

function environmentFor(door: string): Record<string, string> {
  return {
    ANTHROPIC_BASE_URL: `${door}/model/anthropic`,
    ANTHROPIC_API_KEY: PLACEHOLDER,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    DISABLE_AUTOUPDATER: "1",
    DISABLE_ERROR_REPORTING: "1",
    DISABLE_TELEMETRY: "1",
    // The gateway's few tools are offered as they are, not found by search first.
    ENABLE_TOOL_SEARCH: "false",
    // True, and asked for where the box's own user is root in it.
    IS_SANDBOX: "1",
  };
}

function withRules(settings: ClaudeSettings, rules: ClaudeBashRules | null): ClaudeSettings {
  if (rules === null) return settings;
  const { permissions } = settings;
  const { allow, ask, deny } = rules.lists;
  return {
    ...settings,
    permissions: {
      ...permissions,
      allow: [...permissions.allow, ...allow],
      ask: [...permissions.ask, ...ask],
      deny: [...permissions.deny, ...deny],
    },
  };
}

/** What we set wins over what a file sets, and no file names a program that fetches a key. */
function settingsFor(settings: ClaudeSettings, environment: Readonly<Record<string, string>>): ClaudeSettings {
  const { apiKeyHelper: _helper, ...kept } = settings;
  return { ...kept, env: { ...settings.env, ...environment } };
}

function mcpConfigFor(door: string): unknown {
  return { mcpServers: { bitbucket: { type: "http", url: `${door}/mcp` } } };
}

async function promptOf({ agent, prompt, readFile }: AgentInput): Promise<string> {
  if (prompt !== null) return prompt;
  const text = agent.skill === null ? null : await readFile(agent.skill);
  if (text !== null) return text;
  const what = agent.skill === null ? "it has no prompt" : `its skill ${agent.skill} is not in the reviewed commit`;
  throw new SallyportError("refused", `Agent ${agent.name} cannot run: ${what}; give it one.`);
}
