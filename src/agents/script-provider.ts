import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { SallyportError } from "../base/index.ts";
import { playPath } from "../pipeline/index.ts";
import { bashRulesOf } from "../policy/index.ts";
import { packageClosure } from "./package-closure.ts";
import { refusedEntry } from "./play-permissions.ts";
import type { AgentInput, AgentLaunch, AgentProvider } from "./provider.ts";
import { parsePlay, type Play } from "./script/play.ts";

const NODE = "/opt/sallyport/node";
const FOLDER = "/opt/sallyport/script-agent";
const PLAY = "/opt/sallyport/agent/play.yml";
const PACKAGES = ["@modelcontextprotocol/client", "yaml", "zod"];

/** The agent without a model: plays a YAML file of tool calls, shell commands and pushes, in the box like any agent. */
export function createScriptProvider(): AgentProvider {
  return {
    name: "script",
    model: null,
    async prepare(input) {
      const play = await readPlay(input);
      const { main, binds } = locateProgram();
      return {
        argv: [NODE, main, PLAY, input.door, input.workspace],
        environment: {},
        files: [
          { path: PLAY, content: play },
          { path: `${FOLDER}/package.json`, content: '{"type":"module"}\n' },
        ],
        binds: [{ source: process.execPath, target: NODE }, ...binds],
      };
    },
  };
}

/** The play as reviewed, checked here so that a bad one fails before a box is made. */
async function readPlay({ agent, readFile }: AgentInput): Promise<string> {
  const { script } = agent.overrides;
  if (script !== undefined && (typeof script !== "string" || /^\/|(?:^|\/)\.\.(?:\/|$)/u.test(script))) {
    throw new SallyportError(
      "refused",
      `config.overrides.script of agent ${agent.name} must be the path of a play in the repository.`,
    );
  }
  const path = playPath(agent);
  const text = await readFile(path);
  if (text === null) {
    throw new SallyportError(
      "refused",
      `Agent ${agent.name} has no play: commit ${path}, or name another file in config.overrides.script.`,
    );
  }
  await checkShell(agent, path, readSteps(path, text));
  return text;
}

function readSteps(path: string, text: string): Play {
  try {
    return parsePlay(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SallyportError("refused", `The play ${path} is invalid: ${why}.`, { cause });
  }
}

/** The play's program knows no rules, so a play that has what they refuse does not start. Without rules nothing is refused. */
async function checkShell({ name, toolPermissions }: AgentInput["agent"], path: string, play: Play): Promise<void> {
  const bash = bashRulesOf(toolPermissions);
  const refused = bash === null ? null : await refusedEntry(play, bash);
  if (refused === null) return;
  const { command, verdict } = refused;
  throw new SallyportError(
    "refused",
    `Agent ${name} may not run ${JSON.stringify(command)} of ${path}: ${verdict.decidedBy}; allow it under toolPermissions.bash, or take it out.`,
  );
}

/** The program's files and packages, each as a path of its own: Node strips no types below a folder node_modules. */
function locateProgram(): { readonly main: string; readonly binds: AgentLaunch["binds"] } {
  // The build knows this form of address and puts a compiled program in the same place.
  const program = fileURLToPath(new URL("./script/program.ts", import.meta.url));
  const folder = dirname(program);
  const files = readdirSync(folder).filter((name) => /\.(?:ts|js)$/u.test(name));
  const packages = packageClosure(PACKAGES, program);
  return {
    main: `${FOLDER}/${basename(program)}`,
    binds: [
      ...files.map((name) => ({ source: join(folder, name), target: `${FOLDER}/${name}` })),
      ...[...packages].map(([name, source]) => ({ source, target: `${FOLDER}/node_modules/${name}` })),
    ],
  };
}
