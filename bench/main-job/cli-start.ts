import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildPackage } from "../built-package.ts";
import { timed, type Measurement, type Sides } from "../measurement.ts";
import { runProgram } from "../run-program.ts";
import { makeScratchFolder } from "../scratch-folder.ts";

const ORDINARY = fileURLToPath(new URL("ordinary-pipelines.yml", import.meta.url));

/** `sallyport --version`, as published. */
export const cliVersion: Measurement = {
  name: "cli-version",
  group: "main",
  unit: "ms",
  against: "node -e 0",
  budget: 2,
  repetitions: 41,
  prepare: () => prepareCli(["--version"]),
};

/** `sallyport lint` of an ordinary file, as published. */
export const cliLint: Measurement = {
  ...cliVersion,
  name: "cli-lint",
  budget: 4,
  repetitions: 31,
  prepare: () => prepareCli(["lint", ORDINARY]),
};

async function prepareCli(args: readonly string[]): Promise<Sides> {
  await using opened = new AsyncDisposableStack();
  const { path } = opened.use(makeScratchFolder());
  const launcher = await buildPackage(join(path, "package"));
  // A lean environment, the same for both; the home is where the compile cache goes.
  const options = { cwd: path, env: { PATH: process.env["PATH"], HOME: path } };
  const owned = opened.move();
  return {
    ours: () => timed(() => runProgram([process.execPath, launcher, ...args], options)),
    theirs: () => timed(() => runProgram([process.execPath, "-e", "0"], options)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
