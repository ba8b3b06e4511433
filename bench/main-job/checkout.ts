import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { timed, type Measurement, type Sides } from "../measurement.ts";
import { runGit, runProgram } from "../run-program.ts";
import { openHouse } from "./run-in-process.ts";

const PIPELINE = "pipelines:\n  default:\n    - step:\n        script:\n          - test -f folder-0/file-0.txt\n";
const FILES = 2_000;
const BYTES = 10_000;

/** The clone of a step: its box, git in it, through the door, broker and forge, until the script's item begins. */
export const checkout: Measurement = {
  name: "checkout",
  group: "main",
  unit: "ms",
  against: "git clone of the same repository over file://",
  budget: 1.3,
  repetitions: 5,
  prepare: prepareCheckouts,
};

async function prepareCheckouts(): Promise<Sides> {
  await using opened = new AsyncDisposableStack();
  const house = opened.use(await openHouse({ "bitbucket-pipelines.yml": PIPELINE, ...generateFiles() }));
  // Else the peer would look for deltas each time, which a host has done before.
  await runGit(house.clone, "repack", "-a", "-d", "--quiet");
  const source = pathToFileURL(house.clone).href;
  let count = 0;
  const owned = opened.move();
  return {
    async ours() {
      let [start, end] = [Number.NaN, Number.NaN];
      await house.run((event, now) => {
        if (event.type !== "item-started") return;
        if (event.kind === "clone") start = now;
        else end = now;
      });
      return end - start;
    },
    async theirs() {
      const target = join(house.folder, `clone-${(count += 1)}`);
      const milliseconds = await timed(() => runProgram(["git", "clone", "--quiet", source, target]));
      await rm(target, { recursive: true });
      return milliseconds;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Some thousand files and some tens of megabytes, a third of which does not compress. */
function generateFiles(): Record<string, Buffer> {
  const files: Record<string, Buffer> = {};
  for (let index = 0; index < FILES; index += 1) {
    const noise = randomBytes(BYTES / 3);
    const text = Buffer.from(`line ${index} of a file that looks like text\n`.repeat(200));
    files[`folder-${index % 100}/file-${index}.txt`] = Buffer.concat([text, noise]);
  }
  return files;
}
