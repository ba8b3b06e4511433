import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { BoxProvider } from "../../src/box/index.ts";
import type { Policy } from "../../src/policy/index.ts";
import { prepareRun } from "../../src/runner/prepare-run.ts";
import type { PreparedRun } from "../../src/runner/run-context.ts";
import type { RunRequest } from "../../src/runner/index.ts";
import { openForge, type Opened } from "../forge/open-forge.ts";

export const FILE = "bitbucket-pipelines.yml";

/** A clone with a forge over it, to prepare runs of. */
export type Preparing = Opened & {
  /** Writes files (null: removes one) and commits everything on the branch that is checked out. */
  commit(files: Readonly<Record<string, string | null>>): Promise<string>;
  branch(name: string, from?: string): Promise<void>;
  prepare(request?: Partial<RunRequest>): Promise<PreparedRun>;
  /** Opens a pull request in the forge. */
  pullRequest(source: string, destination: string): Promise<number>;
};

/** Boxes that are never opened: preparing a run only asks what they are. */
const BOXES: BoxProvider = {
  name: "bwrap",
  probe: async () => [{ id: "seccomp", available: true, detail: "", fix: null, required: true }],
  warm: () => {},
  open: () => Promise.reject(new TypeError("no box is opened here")),
  sweep: async () => {},
  [Symbol.asyncDispose]: async () => {},
};

export async function openPreparing(files: Readonly<Record<string, string>>): Promise<Preparing> {
  const opened = await openForge();
  const { forge, clone, git } = opened;
  await git(["remote", "add", "origin", "https://bitbucket.org/demo/shop.git"]);

  async function commit(changes: Readonly<Record<string, string | null>>): Promise<string> {
    for (const [path, text] of Object.entries(changes)) {
      if (text === null) await git(["rm", "--quiet", "-r", path]);
      else {
        mkdirSync(dirname(join(clone, path)), { recursive: true });
        writeFileSync(join(clone, path), text);
      }
    }
    await git(["add", "--all"]);
    await git(["commit", "--quiet", "--allow-empty", "--message=Change"]);
    return (await git(["rev-parse", "HEAD"])).trim();
  }

  async function pullRequest(source: string, destination: string): Promise<number> {
    await forge.importRepository({ name: "demo/shop", from: clone });
    const { callOf, operationById } = await import("../../src/policy/index.ts");
    const args = { title: "A change", sourceBranch: source, destinationBranch: destination };
    const call = callOf(operationById("pullrequests.create"), "demo/shop", args);
    const { status, body } = await forge.call(call, { kind: "person", name: "ann" });
    const value = body.kind === "json" ? body.value : null;
    if (status !== 201 || typeof value !== "object" || value === null || !("id" in value))
      throw new TypeError(`${status}`);
    return Number(value.id);
  }

  await commit(files);
  return {
    ...opened,
    commit,
    branch: async (name, from = "main") => void (await git(["checkout", "--quiet", "-b", name, from])),
    prepare: (request = {}) =>
      prepareRun(
        { forge, boxes: BOXES },
        {
          directory: clone,
          file: FILE,
          selector: "custom/work",
          commit: null,
          pullRequest: null,
          variables: {},
          provider: null,
          policies: [] satisfies readonly Policy[],
          ...request,
        },
      ),
    pullRequest,
  };
}
