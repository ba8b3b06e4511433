/** One step of a play of the script agent (`src/agents/script/play.ts`). */
type PlayStep = Readonly<Record<string, unknown>>;

/** An agent: its play, and its `toolPermissions`. */
export type Agent = { readonly play: readonly PlayStep[]; readonly toolPermissions?: object };

/** A script item: an agent's name, or a file of bash that is placed in the clone. */
export type Item = { readonly agent: string } | { readonly bash: string };

export type WorkStep = {
  readonly scopes?: readonly string[];
  readonly items: readonly Item[];
  readonly more?: Readonly<Record<string, unknown>>;
};

/** A pipeline `custom/work` (or of another place in the file) with all that it needs. */
export type Work = {
  readonly agents?: Readonly<Record<string, Agent>>;
  readonly steps: readonly WorkStep[];
  readonly section?: Readonly<Record<string, unknown>>;
  /** Further files of the clone. */
  readonly files?: Readonly<Record<string, string>>;
};

/** Reading and writing pull requests and branches: what a write-enabled agent has. */
export const WIDE = [
  "read:repository:bitbucket",
  "write:repository:bitbucket",
  "read:pullrequest:bitbucket",
  "write:pullrequest:bitbucket",
] as const;

/** What every attack script may use: `ask METHOD URL [JSON [curl options]]`, `tool NAME JSON [curl options]`. */
const PRELUDE = `door=http://127.0.0.1:29418
api=$door/2.0/repositories/demo/shop
ask() {
  local method=$1 url=$2 body=\${3-}; shift 2; shift || true
  local send=(); [ -z "$body" ] || send=(-H 'content-type: application/json' --data-binary "$body")
  printf '== %s %s ' "$method" "$url"
  curl -sS --path-as-is --max-time 20 -X "$method" "\${send[@]}" "$@" -w ' [%{http_code}]\\n' "$url" 2>&1
}
tool() {
  local name=$1 args=$2; shift 2
  printf '== tool %s ' "$name"
  curl -sS --max-time 20 "$door/mcp" -H 'accept: application/json, text/event-stream' \\
    -H 'content-type: application/json' -H 'mcp-protocol-version: 2025-11-25' "$@" -w ' [%{http_code}]\\n' \\
    -d '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"'"$name"'","arguments":'"$args"'}}' 2>&1
}
commit() { git add -A -f . && git commit -q --allow-empty -m "\${1:-Change}"; }
`;

/** A bash script with what every attack may use in front. */
export function attackScript(bash: string): string {
  return `${PRELUDE}${bash}\n`;
}

/** The files of a pipeline: JSON is YAML, so the pipeline file is plain data. Scripts stand beside it as `itemN.sh`. */
export function pipelineFiles(work: Work): Record<string, string> {
  const files: Record<string, string> = { ...work.files };
  const steps = work.steps.map(({ scopes = [], items, more = {} }) => {
    const script = items.map((item) => {
      if ("agent" in item) return { agent: item.agent };
      const name = `item${Object.keys(files).length}.sh`;
      files[name] = attackScript(item.bash);
      return `bash ${name}`;
    });
    const auth = scopes.length === 0 ? {} : { auth: { system: { scopes } } };
    return { step: { ...auth, ...more, script } };
  });
  const agents = Object.entries(work.agents ?? {}).map(([name, { play, toolPermissions }]) => {
    files[`.sallyport/agents/${name}.yml`] = JSON.stringify({ steps: play }, null, 2);
    const config = toolPermissions === undefined ? {} : { config: { overrides: { toolPermissions } } };
    return [name, { provider: "script", prompt: "Do your work.", ...config }] as const;
  });
  const definitions = agents.length === 0 ? {} : { definitions: { agents: Object.fromEntries(agents) } };
  const pipelines = work.section ?? { custom: { work: steps } };
  return { ...files, "bitbucket-pipelines.yml": JSON.stringify({ ...definitions, pipelines }, null, 2) };
}
