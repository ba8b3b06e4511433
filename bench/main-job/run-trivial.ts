import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildPackage } from "../built-package.ts";
import { timed, type Measurement, type Sides, type Skipped } from "../measurement.ts";
import { findPeer } from "../peers.ts";
import { runGit, runProgram } from "../run-program.ts";
import { makeScratchFolder } from "../scratch-folder.ts";

const OURS = "pipelines:\n  default:\n    - step:\n        script:\n          - echo hi\n";
const THEIRS = "hello:\n  script:\n    - echo hi\n";

/** The whole process of running one trivial step, as published. */
export const runTrivial: Measurement = {
  name: "run-trivial",
  group: "main",
  unit: "ms",
  against: "gitlab-ci-local, shell executor",
  budget: 0.3,
  repetitions: 15,
  prepare: prepareRuns,
};

async function prepareRuns(): Promise<Sides | Skipped> {
  const peer = await findPeer("gitlab-ci-local");
  if (typeof peer !== "string") return peer;
  await using opened = new AsyncDisposableStack();
  const { path } = opened.use(makeScratchFolder());
  const launcher = await buildPackage(join(path, "package"));
  // The peer leaves a folder in its clone, which would be new files to ours.
  const [clone, peerClone] = [join(path, "clone"), join(path, "peer-clone")];
  await makeClone(clone, "bitbucket-pipelines.yml", OURS);
  await makeClone(peerClone, ".gitlab-ci.yml", THEIRS);
  const env = { PATH: process.env["PATH"], HOME: path, SALLYPORT_HOME: join(path, "state") };
  const options = { cwd: peerClone, env };
  const theirs = [process.execPath, peer, "hello"];
  try {
    await runProgram(theirs, options);
  } catch (error) {
    return { skipped: `gitlab-ci-local does not run here (${error instanceof Error ? error.message : String(error)})` };
  }
  const owned = opened.move();
  return {
    ours: () => timed(() => runProgram([process.execPath, launcher, "run", "default"], { cwd: clone, env })),
    theirs: () => timed(() => runProgram(theirs, options)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function makeClone(clone: string, file: string, text: string): Promise<void> {
  mkdirSync(clone);
  writeFileSync(join(clone, file), text);
  await runGit(clone, "init", "--quiet", "--initial-branch=main");
  await runGit(clone, "remote", "add", "origin", "https://bitbucket.org/demo/shop.git");
  await runGit(clone, "add", "--all");
  await runGit(clone, "commit", "--quiet", "--message=Start");
}
