import { closeSync, openSync, writeSync } from "node:fs";
import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Step } from "../pipeline/index.ts";
import type { RunContext } from "./run-context.ts";
import { runItem, type StepPlace } from "./run-item.ts";
import { packScript, unpackScript } from "./shell-script.ts";
import { artifactItem, type StepContext } from "./step-items.ts";
import { artifactNames, isBrought, isTainting, type Taint } from "./taint.ts";

/** Bitbucket keeps at most 1 GB of a step's artifacts. Bytes. */
const ARTIFACT_LIMIT = 1_000_000_000;

const ARCHIVE_TARGET = "/opt/sallyport/item/artifacts.tar";

/**
 * Packs a step's artifacts, in a box, into the run's folder: no process outside a box opens a path of the workspace
 * (attack 28). Returns whether anything was kept.
 */
export async function keepArtifacts(stepContext: StepContext, place: StepPlace): Promise<boolean> {
  const { context, step } = stepContext;
  if (step.artifacts.length === 0) return false;
  const archive = await archiveOf(context, step.number);
  const file = openSync(archive, "wx", 0o644);
  let size = 0;
  const item = artifactItem(stepContext, "keep", packScript(step.artifacts), []);
  try {
    await runItem(context, place, item, (chunk) => {
      size += chunk.length;
      // Written at once: what waits for a slow disk is the box, not this process's memory.
      if (size > ARTIFACT_LIMIT) return;
      for (let done = 0; done < chunk.length;) done += writeSync(file, chunk, done);
    });
  } finally {
    closeSync(file);
  }
  if (size > 0 && size <= ARTIFACT_LIMIT) return true;
  await rm(archive, { force: true });
  return false;
}

/**
 * Unpacks the artifacts of earlier steps into this step's workspace, in a box. What an agent had a part in comes only to a
 * step that names it (design, rule 10; `withheldArtifacts` says so to the one who started the run).
 */
export async function bringArtifacts(
  stepContext: StepContext,
  place: StepPlace,
  earlier: readonly Step[],
): Promise<void> {
  const { taints } = stepContext.context.prepared;
  for (const producer of earlier.filter((step) => isBrought(stepContext.step, step, taints))) {
    const archive = await archiveOf(stepContext.context, producer.number);
    if ((await stat(archive).catch(() => null)) === null) continue;
    const binds = [{ source: archive, target: ARCHIVE_TARGET, writable: false }];
    const item = artifactItem(stepContext, `bring-${producer.number}`, unpackScript(ARCHIVE_TARGET), binds);
    await runItem(stepContext.context, place, item);
  }
}

/** What the notes of a step say about artifacts that it does not get. */
export function withheldArtifacts(
  step: Step,
  earlier: readonly Step[],
  taints: ReadonlyMap<number, Taint>,
): readonly string[] {
  if (step.downloads === false) return [];
  const withheld = earlier
    .filter((producer) => producer.artifacts.length > 0 && isTainting(producer, taints))
    .filter((producer) => !isBrought(step, producer, taints))
    .map((producer) => {
      const [name] = artifactNames(producer);
      const how =
        name === undefined ? "give that step a name" : `a step that wants them names ${name} in artifacts.download`;
      return `artifacts of step ${producer.number} are withheld: an agent had a part in them; ${how} (rule 10)`;
    });
  const named = step.downloads === true ? [] : step.downloads;
  const missing = named.filter((name) => !earlier.some((producer) => artifactNames(producer).includes(name)));
  return [...withheld, ...missing.map((name) => `no earlier step keeps the artifact ${name}`)];
}

async function archiveOf(context: RunContext, step: number): Promise<string> {
  const folder = join(context.workplace.runs.artifactsFolder(context.run));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return join(folder, `step-${step}.tar`);
}
