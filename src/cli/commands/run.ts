import { isAbsolute, normalize } from "node:path";
import { SallyportError } from "../../base/index.ts";
import { AGENT_PROVIDERS } from "../../policy/index.ts";
import { RUN_EXIT_CODES, runPipeline, type RunRequest } from "../../runner/index.ts";
import type { Arguments } from "../arguments.ts";
import type { Session } from "../command.ts";
import { findClone } from "../find-clone.ts";
import { findPolicies } from "../find-policies.ts";
import { readChoice, readNumber } from "../read-choice.ts";
import { chooseView } from "../view/choose-view.ts";
import { withInterrupt } from "../with-interrupt.ts";
import { withWorkplace } from "../with-workplace.ts";

/** `sallyport run`: 0 when all passed, 1 when a step failed, 130 when somebody stopped it. */
export async function run(args: Arguments, session: Session): Promise<number> {
  const asked = readAsked(args);
  checkBox(args.text("box") ?? "auto");
  const clone = findClone(session.directory, args.text("repo"));
  const { directory, environment } = session;
  const policies = findPolicies({ named: args.text("policy"), environment, directory, clone });
  const request = { ...asked, directory: clone, policies };
  using view = chooseView(args.flag("json"), session);
  const stopping = "stopping: the box is ended, the token revoked and the ledger closed; once more exits at once";
  const result = await withInterrupt(
    () => view.say(stopping),
    (signal) =>
      withWorkplace(session, (workplace) =>
        runPipeline(workplace, request, { onEvent: (event) => view.show(event), signal }),
      ),
  );
  return RUN_EXIT_CODES[result.state];
}

function readAsked(args: Arguments): Omit<RunRequest, "directory" | "policies"> {
  const pullRequest = args.text("pr");
  const provider = args.text("provider");
  return {
    file: readFile(args.text("file") ?? "bitbucket-pipelines.yml"),
    selector: args.positionals[0] ?? null,
    commit: args.text("commit"),
    pullRequest: pullRequest === null ? null : readNumber("--pr", pullRequest),
    variables: readVariables(args.list("var")),
    provider: provider === null ? null : readChoice("--provider", provider, AGENT_PROVIDERS),
  };
}

function readFile(file: string): string {
  const path = normalize(file);
  if (!isAbsolute(path) && path !== ".." && !path.startsWith("../")) return path;
  throw new SallyportError("usage", `--file is a path below the clone, not ${file}.`);
}

function readVariables(pairs: readonly string[]): Readonly<Record<string, string>> {
  const variables = new Map<string, string>();
  for (const pair of pairs) {
    const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(pair) ?? [];
    // The value is not repeated: whoever forgot the name may have written a secret.
    if (name === undefined || value === undefined) throw new SallyportError("usage", "--var is written NAME=VALUE.");
    if (variables.has(name)) throw new SallyportError("usage", `--var ${name} is given twice.`);
    variables.set(name, value);
  }
  return Object.fromEntries(variables);
}

function checkBox(kind: string): void {
  const choice = readChoice("--box", kind, ["auto", "bwrap", "docker", "podman"]);
  if (choice === "auto" || choice === "bwrap") return;
  throw new SallyportError(
    "no-isolation",
    `containers come later: this version has no ${choice} box; use --box bwrap.`,
  );
}
