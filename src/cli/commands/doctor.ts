import { execFile } from "node:child_process";
import process from "node:process";
import { promisify } from "node:util";
import { inert } from "../../base/index.ts";
import { createBwrapProvider, type Protection } from "../../box/index.ts";
import type { Arguments } from "../arguments.ts";
import type { Session } from "../command.ts";
import { stateHome } from "../home.ts";
import { openWorkplace } from "../workplace.ts";

/** `sallyport doctor`: 0 when every required row is there, else 3. */
export async function doctor(args: Arguments, { output, environment }: Session): Promise<number> {
  const rows = [...(await probeBox()), await probeGit(), probeNode(), await probeState(environment)];
  if (args.flag("json")) output.document({ protections: rows });
  else for (const line of renderProtections(rows)) output.line(line);
  return rows.some(({ required, available }) => required && !available) ? 3 : 0;
}

async function probeBox(): Promise<readonly Protection[]> {
  await using boxes = createBwrapProvider();
  return await boxes.probe();
}

/** `git merge-tree --write-tree`, by which pull requests are merged, came with 2.38 (its release notes). */
const GIT_NEEDED = [2, 38] as const;

async function probeGit(): Promise<Protection> {
  const printed = await promisify(execFile)("git", ["--version"]).catch(() => null);
  const [, major, minor] = /(\d+)\.(\d+)/.exec(printed?.stdout ?? "") ?? [];
  const [neededMajor, neededMinor] = GIT_NEEDED;
  const newer = Number(major) > neededMajor || (Number(major) === neededMajor && Number(minor) >= neededMinor);
  const fix = `install git ${GIT_NEEDED.join(".")} or newer; on Debian: apt-get install git`;
  return {
    id: "git",
    available: newer,
    detail: printed === null ? "not found" : printed.stdout.trim(),
    fix: newer ? null : fix,
    required: true,
  };
}

/** The launcher lets nothing older in; the row says which one it is. */
function probeNode(): Protection {
  return { id: "node", available: true, detail: process.version, fix: null, required: true };
}

async function probeState(environment: Session["environment"]): Promise<Protection> {
  const home = stateHome(environment);
  const row = { id: "state-directory", required: true };
  try {
    await using _workplace = await openWorkplace(home);
    return { ...row, available: true, detail: home, fix: null };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ...row, available: false, detail: home, fix: reason };
  }
}

/** One line a row, and one with the fix below what is missing. */
export function renderProtections(rows: readonly Protection[]): readonly string[] {
  const width = Math.max(...rows.map(({ id }) => id.length));
  return rows.flatMap(({ id, available, detail, fix, required }) => {
    const mark = available ? "✓" : required ? "✗" : "–";
    const line = inert(`${mark} ${id.padEnd(width)}  ${detail}`);
    return fix === null ? [line] : [line, inert(`  ${" ".repeat(width)}  ${required ? "fix" : "optional"}: ${fix}`)];
  });
}
