import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { queryLedger, type LedgerEvent } from "../../src/ledger/index.ts";

export const LAUNCHER = fileURLToPath(new URL("../../bin/sallyport.js", import.meta.url));

/** How a command of Sallyport ended. */
export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** A clone and a state directory of a test's own, and the real program to use them with. */
export type Place = ReturnType<typeof makePlace>;

/** Makes a clone with these files committed on `main`, `origin` naming demo/shop, and an empty state directory. */
export function makePlace(files: Readonly<Record<string, string>>) {
  const root = mkdtempSync(join(tmpdir(), "sallyport-main-job-"));
  const clone = join(root, "shop");
  const home = join(root, "home");
  mkdirSync(clone);

  function git(...args: readonly string[]): string {
    const author = ["-c", "user.name=Robin", "-c", "user.email=robin@shop.example"];
    const { status, stdout, stderr } = spawnSync("git", ["-C", clone, ...author, ...args], { encoding: "utf8" });
    if (status !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
    return stdout.trim();
  }

  function write(changes: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(changes)) {
      mkdirSync(dirname(join(clone, path)), { recursive: true });
      writeFileSync(join(clone, path), text);
    }
  }

  function commit(changes: Readonly<Record<string, string>>, message = "Change"): string {
    write(changes);
    git("add", "--all");
    git("commit", "--quiet", "--allow-empty", `--message=${message}`);
    return git("rev-parse", "HEAD");
  }

  function start(...args: readonly string[]): ChildProcess {
    const env = { PATH: process.env["PATH"], HOME: root, SALLYPORT_HOME: home, LANG: "C.UTF-8" };
    return spawn(LAUNCHER, args, { cwd: clone, env, stdio: ["ignore", "pipe", "pipe"] });
  }

  async function sallyport(...args: readonly string[]): Promise<Ended> {
    return endOf(start(...args));
  }

  /** What the ledgers of all runs, or of one, say. */
  async function ledger(run?: string): Promise<LedgerEvent[]> {
    const events: LedgerEvent[] = [];
    for await (const { entry } of queryLedger(home, run === undefined ? {} : { run })) events.push(entry.event);
    return events;
  }

  git("init", "--quiet", "--initial-branch=main");
  git("remote", "add", "origin", "https://bitbucket.org/demo/shop.git");
  commit(files, "Start");
  return {
    root,
    clone,
    home,
    git,
    write,
    commit,
    start,
    sallyport,
    ledger,
    [Symbol.dispose]: () => {
      // The forge's hooks stand in a folder that nobody may write to; only root would get past that.
      spawnSync("chmod", ["-R", "u+rwX", root]);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Waits for a command's end with what it printed. */
export async function endOf(child: ChildProcess): Promise<Ended> {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { code, stdout, stderr };
}

/** The run that a command's output names. */
export function runOf({ stderr, stdout }: Ended): string {
  const run = /\brun (?<run>[0-9a-f]{8})\b/u.exec(stderr + stdout)?.groups?.["run"];
  if (run === undefined) throw new Error(`no run in: ${stderr}${stdout}`);
  return run;
}

/** A pipeline file with one custom pipeline `work` of one step. */
export function oneStep(script: readonly string[], extra = ""): string {
  const lines = script.map((line) => `          - ${JSON.stringify(line)}\n`).join("");
  return `pipelines:\n  custom:\n    work:\n      - step:\n${extra}          script:\n${lines.replaceAll(/^ {10}/gmu, "            ")}`;
}
