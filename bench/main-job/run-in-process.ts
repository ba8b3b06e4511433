import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openWorkplace } from "../../src/cli/workplace.ts";
import { runPipeline, type RunEvent } from "../../src/runner/index.ts";
import { runGit } from "../run-program.ts";
import { makeScratchFolder } from "../scratch-folder.ts";

/** A clone and a state directory, and the real runner on them, in this process. */
export type House = AsyncDisposable & {
  /** The clone's address for git. */
  readonly clone: string;
  /** A folder to work in, on the same file system. */
  readonly folder: string;
  /** Runs `default` to its end; each event comes with the time when it happened (`performance.now`). */
  run(onEvent: (event: RunEvent, now: number) => void): Promise<{ readonly queuedAt: number }>;
};

/** Makes a clone with these files committed on `main`, and opens an empty state directory. */
export async function openHouse(files: Readonly<Record<string, string | Buffer>>): Promise<House> {
  await using opened = new AsyncDisposableStack();
  const { path } = opened.use(makeScratchFolder());
  const clone = join(path, "shop");
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(clone, name, ".."), { recursive: true });
    writeFileSync(join(clone, name), content);
  }
  await runGit(clone, "init", "--quiet", "--initial-branch=main");
  await runGit(clone, "add", "--all");
  await runGit(clone, "commit", "--quiet", "--message=Start");
  const workplace = opened.use(await openWorkplace(join(path, "home")));
  const owned = opened.move();
  return {
    clone,
    folder: path,
    async run(onEvent) {
      let queuedAt = Number.NaN;
      const runs: typeof workplace.runs = {
        ...workplace.runs,
        create(run) {
          queuedAt = performance.now();
          return workplace.runs.create(run);
        },
      };
      const { state } = await runPipeline(
        { ...workplace, runs },
        {
          directory: clone,
          file: "bitbucket-pipelines.yml",
          selector: "default",
          commit: null,
          pullRequest: null,
          variables: {},
          provider: null,
          policies: [],
        },
        { onEvent: (event) => onEvent(event, performance.now()), signal: new AbortController().signal },
      );
      if (state !== "passed") throw new Error(`the run ended as ${state}`);
      return { queuedAt };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
