import { dirname } from "node:path";
import process from "node:process";
import { uuidFor } from "../base/index.ts";
import { DOOR_PORT, type Bind } from "../box/index.ts";

/** Everything that a box may talk to: the broker, on loopback (design, section 4). */
export const DOOR = `http://127.0.0.1:${DOOR_PORT}`;

/** Where the clone stands in a box: Bitbucket's own place. */
export const CLONE_DIRECTORY = "/opt/atlassian/pipelines/agent/build";

/** The Node that runs Sallyport, as every box sees it. */
export const NODE: Bind = { source: process.execPath, target: "/opt/sallyport/bin/node", writable: false };

/** Text that stands where Bitbucket has a token: no box ever holds one (attacks 1 and 4). */
const HELD = "held-by-the-broker";

/** What a run's variables are made of. */
export type RunFacts = {
  readonly run: string;
  readonly buildNumber: number;
  /** `workspace/slug`. */
  readonly repository: string;
  readonly commit: string;
  /** Null on a tag. */
  readonly branch: string | null;
  readonly tag: string | null;
  readonly pullRequest: { readonly id: number; readonly destination: string } | null;
  /** From `--var` and the defaults of the file. */
  readonly variables: Readonly<Record<string, string>>;
};

/** Bitbucket's variables for one step (reference, section 6), with the run's plain ones; `BITBUCKET_*` cannot be overridden. */
export function stepVariables(facts: RunFacts, step: number): Record<string, string> {
  const [workspace = "", slug = ""] = facts.repository.split("/");
  return {
    ...facts.variables,
    CI: "true",
    BITBUCKET_BUILD_NUMBER: String(facts.buildNumber),
    BITBUCKET_CLONE_DIR: CLONE_DIRECTORY,
    BITBUCKET_COMMIT: facts.commit,
    BITBUCKET_WORKSPACE: workspace,
    BITBUCKET_REPO_SLUG: slug,
    BITBUCKET_REPO_UUID: uuidFor(facts.repository),
    BITBUCKET_REPO_FULL_NAME: facts.repository,
    BITBUCKET_REPO_OWNER: workspace,
    ...(facts.branch === null ? {} : { BITBUCKET_BRANCH: facts.branch }),
    ...(facts.tag === null ? {} : { BITBUCKET_TAG: facts.tag }),
    ...(facts.pullRequest === null
      ? {}
      : {
          BITBUCKET_PR_ID: String(facts.pullRequest.id),
          BITBUCKET_PR_DESTINATION_BRANCH: facts.pullRequest.destination,
        }),
    BITBUCKET_PIPELINE_UUID: uuidFor(facts.run),
    BITBUCKET_STEP_UUID: uuidFor(`${facts.run}/${step}`),
    BITBUCKET_STEP_RUN_NUMBER: "1",
    BITBUCKET_GIT_HTTP_ORIGIN: originOf(facts.repository),
    BITBUCKET_STEP_OAUTH_TOKEN: HELD,
  };
}

/** The clone's `origin` inside a box. */
export function originOf(repository: string): string {
  return `${DOOR}/git/${repository}`;
}

/**
 * What every process of a box has besides the step's variables: a home, a path, and git's identity and addresses,
 * given by the environment so that no file of the workspace is needed for them.
 */
export function boxEnvironment(author: GitIdentity, step: { readonly hasAgent: boolean }): Record<string, string> {
  const settings: readonly (readonly [key: string, value: string])[] = [
    ["user.name", author.name],
    ["user.email", author.email],
    // A clone address of the hosted service leads to the broker too (design, section 4).
    [`url.${DOOR}/git/.insteadOf`, "https://bitbucket.org/"],
    [`url.${DOOR}/git/.insteadOf`, "git@bitbucket.org:"],
    ["http.version", "HTTP/1.1"],
    ["advice.detachedHead", "false"],
    ["init.defaultBranch", "main"],
    // An agent may leave a hook in the workspace; the next item's git must not run it with that item's rights (attack 45).
    ...(step.hasAgent
      ? ([
          ["core.hooksPath", "/dev/null"],
          ["core.fsmonitor", "false"],
        ] as const)
      : []),
  ];
  const config = settings.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return {
    // Last: the machine's own Node wins, and one without has a Node all the same.
    PATH: `/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:${dirname(NODE.target)}`,
    SALLYPORT_NODE: NODE.target,
    HOME: "/home/agent",
    USER: "agent",
    LANG: "C.UTF-8",
    TERM: "dumb",
    TMPDIR: "/tmp",
    HTTP_PROXY: DOOR,
    HTTPS_PROXY: DOOR,
    http_proxy: DOOR,
    https_proxy: DOOR,
    NO_PROXY: "127.0.0.1,localhost",
    no_proxy: "127.0.0.1,localhost",
    GIT_TERMINAL_PROMPT: "0",
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries<string>(config.map(([key = "", value = ""]) => [key, value])),
  };
}

export type GitIdentity = { readonly name: string; readonly email: string };
