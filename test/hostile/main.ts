import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { giveToUser, runAsUser } from "./as-user.ts";
import type { Attack } from "./attack.ts";
import { ATTACKS } from "./attacks.table.ts";
import { tryAttack, type Tried } from "./try-attack.ts";

/** One line of `--json`: a contract. `user` says who ran Sallyport. */
type Line = {
  readonly attack: number;
  readonly box: "bwrap" | "none";
  readonly user: "root" | "user";
  readonly blocked: boolean;
  readonly benign_works: boolean;
};

const USAGE = "usage: npm run hostile -- [--json] [--only N] [--here]";

/**
 * `npm run hostile`: every attack of the table by whoever runs it and, when that is root, again by an ordinary user.
 * Exit 1 when one is not blocked or its harmless twin does not work, 2 on a wrong argument.
 */
async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options === null) {
    console.error(USAGE);
    return 2;
  }
  const isRoot = process.getuid?.() === 0;
  let failed = 0;
  for (const attack of options.attacks) {
    const tried = await tryAttack(attack);
    const line = lineOf(attack, isRoot ? "root" : "user", tried);
    console.log(options.json ? JSON.stringify(line) : render(attack, line));
    for (const sentence of [...tried.gotThrough, ...tried.broke]) console.error(`    ${sentence}`);
    if (!line.blocked || !line.benign_works) failed += 1;
  }
  if (isRoot && !options.here && (await again(args)) !== 0) failed += 1;
  return failed === 0 ? 0 : 1;
}

type Options = { readonly attacks: readonly Attack[]; readonly json: boolean; readonly here: boolean };

function readOptions(args: readonly string[]): Options | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { json: { type: "boolean" }, only: { type: "string" }, here: { type: "boolean" } },
    });
    const { json = false, only, here = false } = values;
    const attacks = ATTACKS.filter(({ attack }) => only === undefined || String(attack) === only);
    return attacks.length === 0 ? null : { attacks, json, here };
  } catch {
    return null;
  }
}

function lineOf({ attack, where }: Attack, user: Line["user"], { gotThrough, broke }: Tried): Line {
  const box = where === "box" ? "bwrap" : "none";
  return { attack, box, user, blocked: gotThrough.length === 0, benign_works: broke.length === 0 };
}

function render({ title }: Attack, { attack, box, user, blocked, benign_works: works }: Line): string {
  const verdicts = `${blocked ? "✓ blocked" : "✗ NOT BLOCKED"}  ${works ? "✓ twin works" : "✗ TWIN BROKEN"}`;
  return `${String(attack).padStart(2)}  ${title.padEnd(48)} ${box.padEnd(5)} ${user.padEnd(4)}  ${verdicts}`;
}

/** The same, as an ordinary user. */
async function again(args: readonly string[]): Promise<number | null> {
  const home = mkdtempSync(join(tmpdir(), "sallyport-hostile-"));
  chmodSync(home, 0o700);
  giveToUser(home);
  try {
    const program = fileURLToPath(import.meta.url);
    return await runAsUser([process.execPath, program, ...args], home, (text) => process.stdout.write(text));
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

process.exitCode = await main(process.argv.slice(2));
