import type { Command, OptionSpec, PositionalSpec } from "./command.ts";

const flag = (summary: string): OptionSpec => ({ kind: "flag", value: "", summary });
const text = (value: string, summary: string): OptionSpec => ({ kind: "text", value, summary });
const list = (value: string, summary: string): OptionSpec => ({ kind: "list", value, summary });
const needed = (name: string, summary: string): PositionalSpec => ({ name, required: true, many: false, summary });
const optional = (name: string, summary: string): PositionalSpec => ({ name, required: false, many: false, summary });
const several = (name: string, summary: string): PositionalSpec => ({ name, required: false, many: true, summary });

const REPO = { repo: text("DIR", "the clone; the current directory unless given") };
const JSON_DOCUMENT = { json: flag("one JSON document on standard output") };
const RUN = needed("RUN", "a run's id, or its first four digits or more");
const NUMBER = needed("N", "the pull request's number");

type Row = Pick<Command, "name" | "summary" | "load"> & Partial<Command>;

const row = (fields: Row): Command => ({ positionals: [], options: {}, refused: {}, notes: [], ...fields });

/** Every command of this version: the one list for parsing, help and the reference. */
export const COMMANDS: readonly Command[] = [
  row({
    name: "run",
    summary: "run a pipeline of bitbucket-pipelines.yml, each step boxed and brokered",
    positionals: [
      optional(
        "SELECTOR",
        "default, custom/NAME, branches/NAME, tags/NAME or pull-requests/BRANCH; else what a push starts",
      ),
    ],
    options: {
      ...REPO,
      file: text("FILE", "the pipeline file below the clone; bitbucket-pipelines.yml unless given"),
      commit: text("REV", "a branch, tag or commit, clean, instead of the working tree"),
      pr: text("N", "a pull request of the forge"),
      var: list("K=V", "a variable that the pipeline declares"),
      box: text("auto|bwrap", "the kind of box"),
      provider: text("P", "the provider of every agent, whatever the file says"),
      policy: text("FILE", "one more policy that caps the run, besides the machine's and $SALLYPORT_POLICY"),
      json: flag("one JSON line an event on standard output"),
    },
    refused: {
      "dry-run": {
        kind: "flag",
        error: {
          code: "usage",
          message: "--dry-run is not available in this version, and without it the run would really write.",
        },
      },
      resume: {
        kind: "text",
        error: { code: "usage", message: "--resume is not available in this version; start the run anew." },
      },
    },
    notes: [
      "The working tree is taken as it is: tracked changes and new files that are not ignored. Nothing is written to the clone.",
      "Ctrl-C ends the box, revokes the token and closes the ledger; a second one exits at once.",
    ],
    load: async () => (await import("./commands/run.ts")).run,
  }),
  row({
    name: "cancel",
    summary: "ask a run to stop, and wait until it has",
    positionals: [RUN],
    load: async () => (await import("./commands/cancel.ts")).cancel,
  }),
  row({
    name: "runs",
    summary: "list the runs, newest first",
    options: JSON_DOCUMENT,
    load: async () => (await import("./commands/runs.ts")).runs,
  }),
  row({
    name: "show",
    summary: "show what a run did: its steps, and each operation that was allowed or denied",
    positionals: [RUN],
    options: JSON_DOCUMENT,
    load: async () => (await import("./commands/show.ts")).show,
  }),
  row({
    name: "logs",
    summary: "print the output of a run's steps",
    positionals: [RUN, optional("STEP", "a step's number; all steps unless given")],
    options: { follow: flag("go on until the run has ended") },
    load: async () => (await import("./commands/logs.ts")).logs,
  }),
  row({
    name: "audit verify",
    summary: "check that a run's ledger is as it was written",
    positionals: [optional("RUN|FILE", "a run, or an exported file; all runs unless given")],
    notes: [
      "A file alone cannot show that whole lines are missing from its end; of a run, the state directory knows how long it was.",
    ],
    load: async () => (await import("./commands/audit-verify.ts")).auditVerify,
  }),
  row({
    name: "audit export",
    summary: "print a run's ledger as it is stored, one JSON line an entry",
    positionals: [RUN],
    load: async () => (await import("./commands/audit-export.ts")).auditExport,
  }),
  row({
    name: "pr list",
    summary: "list the pull requests of the embedded forge",
    options: {
      ...REPO,
      state: text("STATE", "OPEN, MERGED, DECLINED or SUPERSEDED; OPEN unless given"),
      ...JSON_DOCUMENT,
    },
    load: async () => (await import("./commands/pr-list.ts")).prList,
  }),
  row({
    name: "pr show",
    summary: "show a pull request with its comments",
    positionals: [NUMBER],
    options: { ...REPO, ...JSON_DOCUMENT },
    load: async () => (await import("./commands/pr-show.ts")).prShow,
  }),
  row({
    name: "pr create",
    summary: "open a pull request; the clone is imported first",
    options: {
      ...REPO,
      source: text("BRANCH", "the branch to merge; needed"),
      destination: text("BRANCH", "the branch to merge into; the default branch unless given"),
      title: text("TEXT", "the title; needed"),
      description: text("TEXT", "the description"),
      ...JSON_DOCUMENT,
    },
    load: async () => (await import("./commands/pr-create.ts")).prCreate,
  }),
  row({
    name: "pr comment",
    summary: "comment on a pull request",
    positionals: [NUMBER, needed("TEXT", "the comment, or - for standard input")],
    options: { ...REPO, ...JSON_DOCUMENT },
    load: async () => (await import("./commands/pr-comment.ts")).prComment,
  }),
  ...(
    [
      ["approve", "approve a pull request"],
      ["request-changes", "ask for changes to a pull request"],
      ["decline", "decline a pull request"],
    ] as const
  ).map(([verb, summary]) =>
    row({
      name: `pr ${verb}`,
      summary,
      positionals: [NUMBER],
      options: { ...REPO, ...JSON_DOCUMENT },
      load: async () => (await import("./commands/pr-decide.ts")).prDecide(verb),
    }),
  ),
  row({
    name: "pr merge",
    summary: "merge a pull request",
    positionals: [NUMBER],
    options: {
      ...REPO,
      strategy: text("STRATEGY", "merge_commit, squash or fast_forward; merge_commit unless given"),
      ...JSON_DOCUMENT,
    },
    load: async () => (await import("./commands/pr-merge.ts")).prMerge,
  }),
  row({
    name: "login",
    summary: "store a model provider's key for the broker",
    positionals: [needed("PROVIDER", "anthropic or openai")],
    options: { "base-url": text("URL", "another address of the same API, such as a proxy or a local model") },
    notes: ["The key is read from standard input, or asked for without echo on a terminal. It never enters a box."],
    load: async () => (await import("./commands/login.ts")).login,
  }),
  row({
    name: "lint",
    summary: "check pipeline files",
    positionals: [several("FILE", "bitbucket-pipelines.yml unless given")],
    options: {
      format: text("text|json", "how findings are printed; text unless given"),
      "fail-on": text("SEVERITY", "error, warning or info: the least that counts as a failure; error unless given"),
    },
    load: async () => (await import("./commands/lint.ts")).lint,
  }),
  row({
    name: "doctor",
    summary: "say which protections this machine has, and how to get the others",
    options: JSON_DOCUMENT,
    load: async () => (await import("./commands/doctor.ts")).doctor,
  }),
  row({
    name: "demo",
    summary: "show the main job: three runs of hijacked agents, with what each was refused",
    notes: ["It installs bubblewrap and curl with apt where they are missing, after saying so."],
    load: async () => (await import("./demo/demo.ts")).demo,
  }),
];
