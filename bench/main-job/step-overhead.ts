import { join } from "node:path";
import { createBwrapProvider, type BoxLimits } from "../../src/box/index.ts";
import type { Measurement, Sides } from "../measurement.ts";
import { makeScratchFolder } from "../scratch-folder.ts";
import { openHouse } from "./run-in-process.ts";
import { mkdirSync, chmodSync } from "node:fs";

const LIMITS: BoxLimits = {
  memoryBytes: 4 * 2 ** 30,
  pids: 2048,
  cpus: 4,
  fileSizeBytes: 8 * 2 ** 30,
  openFiles: 65_536,
};

const PIPELINE = `clone:
  enabled: false
pipelines:
  default:
    - step:
        script:
          - echo hi
`;

/** From the moment that a run is queued to the first byte of its step's script, with the clone disabled. */
export const stepOverhead: Measurement = {
  name: "step-overhead",
  group: "main",
  unit: "ms",
  against: "starting a warm box of ours until its command prints",
  budget: 3,
  repetitions: 31,
  prepare: prepareSteps,
};

async function prepareSteps(): Promise<Sides> {
  await using opened = new AsyncDisposableStack();
  const house = opened.use(await openHouse({ "bitbucket-pipelines.yml": PIPELINE }));
  const scratch = opened.use(makeScratchFolder());
  chmodSync(scratch.path, 0o755);
  const provider = opened.use(createBwrapProvider());
  const workspace = join(scratch.path, "workspace");
  mkdirSync(workspace);
  let count = 0;

  async function startBox(): Promise<number> {
    provider.warm();
    // Warm is what the step's box is too: its namespace opened while the clone was imported.
    await new Promise((resolve) => setTimeout(resolve, 150));
    let printed = Number.NaN;
    const start = performance.now();
    const box = await provider.open({
      id: `bench-${process.pid}-${(count += 1)}`,
      workspace,
      workspaceTarget: "/workspace",
      binds: [],
      environment: {},
      limits: LIMITS,
    });
    await box.run({
      argv: ["/bin/bash", "-c", "echo hi"],
      onOutput: () => {
        if (Number.isNaN(printed)) printed = performance.now();
      },
    });
    await box.destroy();
    return printed - start;
  }

  const owned = opened.move();
  return {
    async ours() {
      let printed = Number.NaN;
      const { queuedAt } = await house.run((event, now) => {
        if (event.type === "output" && Number.isNaN(printed)) printed = now;
      });
      return printed - queuedAt;
    },
    theirs: startBox,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
