import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import type { Actor } from "../forge/index.ts";
import type { Bind, BoxExit, BoxLimits } from "../box/index.ts";
import type { Grant } from "../policy/index.ts";
import type { StepLog } from "../runs/index.ts";
import type { RunContext } from "./run-context.ts";
import { CLONE_DIRECTORY } from "./environment.ts";
import type { ItemKind } from "./run-event.ts";

/** One item, ready to run: what goes into its box and what it may do. */
export type PreparedItem = {
  readonly kind: ItemKind;
  readonly grant: Grant;
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Files to place in the box, read-only, by their path there. */
  readonly files: readonly { readonly path: string; readonly content: string }[];
  readonly binds: readonly Bind[];
};

/** What the items of a step share. */
export type StepPlace = {
  /** On the host. */
  readonly workspace: string;
  /** On the host: where files for the boxes are written. */
  readonly folder: string;
  readonly log: StepLog;
  /** Aborted by the run's signal and by `max-time`. */
  readonly signal: AbortSignal;
};

/** Limits of an item until `size` is honoured: Bitbucket's 1x has 4 GB. */
const LIMITS: BoxLimits = {
  memoryBytes: 4 * 1024 ** 3,
  pids: 2048,
  cpus: 4,
  fileSizeBytes: 8 * 1024 ** 3,
  openFiles: 65_536,
};

/**
 * Runs one item in a box, a token and a door of its own; when it returns, every process of the box is dead and the token
 * is revoked (attacks 26, 33, 45). `onOutput` gets the raw output instead of the step's log where it is given.
 */
export async function runItem(
  context: RunContext,
  place: StepPlace,
  item: PreparedItem,
  onOutput: (chunk: Buffer) => void = outputTo(context, place, item.grant),
): Promise<BoxExit> {
  const { ledger, emit, workplace } = context;
  const { step, item: id, agent } = item.grant;
  place.signal.throwIfAborted();
  emit({ type: "item-started", step, item: id, kind: item.kind });
  await ledger.append({ type: "item.started", step, item: id, agent }, { durable: false });
  const admission = await context.authority.admit(item.grant);
  try {
    const exit = await runBoxed();
    await ledger.append({ type: "item.ended", step, item: id, code: exit.code, limit: exit.limit }, { durable: false });
    return exit;
  } finally {
    await context.authority.dismiss(admission);
  }

  async function runBoxed(): Promise<BoxExit> {
    const name = `${context.run}-${id}`;
    const box = await workplace.boxes.open({
      id: name,
      workspace: place.workspace,
      workspaceTarget: CLONE_DIRECTORY,
      binds: [...item.binds, ...(await placeFiles(place, item))],
      environment: item.environment,
      limits: LIMITS,
    });
    context.warmNextBox();
    const actor: Actor = { kind: "step", run: context.run, step, agent };
    const { trustedCommit } = context.prepared;
    const door = context.broker.serve(box.door, { admission, actor }, { trustedCommit });
    const destroy = (): void => void box.destroy().catch((fault: unknown) => workplace.onFault(fault, "box"));
    place.signal.addEventListener("abort", destroy, { once: true });
    const output = guarded(onOutput, destroy);
    try {
      await ledger.append(
        { type: "box.started", step, item: id, box: name, provider: workplace.boxes.name },
        { durable: false },
      );
      place.signal.throwIfAborted();
      const exit = await box.run({ argv: item.argv, onOutput: output.write });
      output.rethrow();
      return exit;
    } finally {
      place.signal.removeEventListener("abort", destroy);
      await box.destroy();
      await door.close();
      await ledger.append({ type: "box.destroyed", step, item: id, box: name }, { durable: false });
    }
  }
}

/** Output that cannot be kept, as on a full disk, ends the box instead of this process; the fault is thrown afterwards. */
function guarded(onOutput: (chunk: Buffer) => void, end: () => void) {
  let fault: { readonly error: unknown } | null = null;
  return {
    write(chunk: Buffer): void {
      if (fault !== null) return;
      try {
        onOutput(chunk);
      } catch (error) {
        fault = { error };
        end();
      }
    },
    rethrow(): void {
      if (fault !== null) throw fault.error;
    },
  };
}

/** Writes an item's files below the step's folder and says where the box shows them. Readable by the box's own user. */
async function placeFiles(place: StepPlace, item: PreparedItem): Promise<Bind[]> {
  const binds: Bind[] = [];
  for (const [index, { path, content }] of item.files.entries()) {
    const source = join(place.folder, item.grant.item, `${index}`);
    await mkdir(dirname(source), { recursive: true, mode: 0o700 });
    await writeFile(source, content, { mode: 0o644 });
    binds.push({ source, target: path, writable: false });
  }
  return binds;
}

/** Sends output to the step's log, and what that keeps to the view, decoded over chunk borders (attack 27). */
function outputTo({ emit }: RunContext, { log }: StepPlace, { step, item }: Grant): (chunk: Buffer) => void {
  const decoder = new StringDecoder("utf8");
  return (chunk) => {
    const text = decoder.write(Buffer.from(log.write(chunk)));
    if (text !== "") emit({ type: "output", step, item, text });
  };
}
