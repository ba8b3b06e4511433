import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LedgerEvent } from "../../src/ledger/index.ts";
import { endOf, makePlace, runOf, type Ended } from "../main-job/place.ts";
import { pipelineFiles, type Work } from "./pipeline-files.ts";

/** The launcher, as a person types it. */
export const LAUNCHER = fileURLToPath(new URL("../../bin/sallyport.js", import.meta.url));

/** How a command is started, where it is not the ordinary way. */
export type Start = {
  /** In front of the launcher, such as `setpriv --…`. */
  readonly before?: readonly string[];
  readonly path?: string;
  /** Null leaves standard input open. */
  readonly input?: string | null;
};

/** A run that came to its end, with all that its steps printed. */
export type Ran = Ended & { readonly run: string; readonly output: string; readonly events: readonly LedgerEvent[] };

/** A clone, a state directory, and secrets that must turn up nowhere. */
export type HostilePlace = ReturnType<typeof makeHostilePlace>;

/** Every process of Sallyport started here has `canary` in its environment. `modelKey` is stored by `login`. */
export function makeHostilePlace() {
  const place = makePlace({ "README.md": "A shop.\n" });
  // As a person's own folder may be: the state directory must not count on what is above it.
  chmodSync(place.root, 0o755);
  const canary = `canary-${randomBytes(16).toString("hex")}`;
  const modelKey = `sk-canary-${randomBytes(24).toString("hex")}`;
  const running = new Set<ChildProcess>();

  function start(args: readonly string[], { before = [], path, input }: Start = {}): ChildProcess {
    const [program = "", ...rest] = [...before, process.execPath, LAUNCHER, ...args];
    const child = spawn(program, rest, {
      cwd: place.clone,
      env: {
        PATH: path ?? process.env["PATH"],
        HOME: place.root,
        SALLYPORT_HOME: place.home,
        LANG: "C.UTF-8",
        HOSTILE_CANARY: canary,
        ANTHROPIC_API_KEY: canary,
      },
      stdio: ["pipe", "pipe", "pipe"],
    });
    running.add(child);
    child.once("close", () => running.delete(child));
    child.stdin?.on("error", () => {});
    if (input !== null) child.stdin?.end(input ?? "");
    return child;
  }

  async function sallyport(args: readonly string[], how: Start = {}): Promise<Ended> {
    return endOf(start(args, how));
  }

  /** A person's command that must work, and its JSON. */
  async function ask(...args: readonly string[]): Promise<unknown> {
    const { code, stdout, stderr } = await sallyport([...args, "--json"]);
    if (code !== 0) throw new Error(`sallyport ${args.join(" ")}: exit ${code} ${stderr}`);
    return stdout.trim() === "" ? null : JSON.parse(stdout);
  }

  async function login(): Promise<void> {
    const { code, stderr } = await sallyport(["login", "anthropic"], { input: `${modelKey}\n` });
    if (code !== 0) throw new Error(`login: ${stderr}`);
  }

  /** Puts a pipeline `custom/work` and its files into the working tree. */
  function prepare(work: Work): void {
    place.write(pipelineFiles(work));
  }

  /** Every ref of the forge's repository demo/shop, with what it points to. */
  function refs(): ReadonlyMap<string, string> {
    const bare = join(place.home, "forge", "demo", "shop.git");
    const text = execFileSync("git", ["--git-dir", bare, "for-each-ref", "--format=%(refname) %(objectname)"], {
      encoding: "utf8",
    });
    return new Map(
      text
        .trim()
        .split("\n")
        .map((line) => [line.split(" ")[0] ?? "", line.split(" ")[1] ?? ""] as const),
    );
  }

  async function finish(ended: Ended): Promise<Ran> {
    const run = runOf(ended);
    const { stdout } = await sallyport(["logs", run]);
    return { ...ended, run, output: stdout, events: await place.ledger(run) };
  }

  /** Runs a pipeline made of `work` from the working tree, to its end. */
  async function run(work: Work, ...args: readonly string[]): Promise<Ran> {
    prepare(work);
    return finish(await sallyport(["run", "custom/work", ...args]));
  }

  return {
    ...place,
    canary,
    modelKey,
    start,
    sallyport,
    ask,
    login,
    prepare,
    run,
    finish,
    refs,
    [Symbol.dispose]: () => {
      for (const child of running) child.kill("SIGKILL");
      place[Symbol.dispose]();
    },
  };
}
