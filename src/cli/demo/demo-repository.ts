import { spawn } from "node:child_process";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SallyportError } from "../../base/index.ts";

/** The shop's files as they stand in the package. */
const SHOP = fileURLToPath(new URL("./shop", import.meta.url));

/** The two branches that are open as pull requests 1 and 2. */
export const BRANCHES = [
  { name: "feature/gift-cards", title: "Accept gift cards", file: "src/gift-cards.js", message: "Accept gift cards" },
  { name: "fix/rounding", title: "Round once, at the end", file: "src/round.js", message: "Round once, at the end" },
] as const;

const CODE: Readonly<Record<(typeof BRANCHES)[number]["file"], string>> = {
  "src/gift-cards.js": "export function redeem(total, card) {\n  return Math.max(0, total - card.balance);\n}\n",
  "src/round.js": "export function round(amount) {\n  return Math.round(amount * 100) / 100;\n}\n",
};

/** Makes the shop's repository with a little history and two branches, in an empty folder. */
export async function makeDemoRepository(directory: string, repository: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await git(directory, "init", "--quiet", "--initial-branch=main");
  await git(directory, "remote", "add", "origin", `https://bitbucket.org/${repository}.git`);
  await cp(SHOP, directory, { recursive: true });
  await git(directory, "add", "README.md", "src");
  await git(directory, "commit", "--quiet", "--message=Start the shop");
  await git(directory, "add", "--all");
  await git(directory, "commit", "--quiet", "--message=Let two agents into the pipeline");
  for (const { name, file, message } of BRANCHES) {
    await git(directory, "checkout", "--quiet", "-b", name, "main");
    await writeFile(join(directory, file), CODE[file]);
    await git(directory, "add", "--all");
    await git(directory, "commit", "--quiet", `--message=${message}`);
  }
  await git(directory, "checkout", "--quiet", "main");
}

/** The third act: a person takes a scope away, in the working tree. */
export async function removeWriteScope(directory: string): Promise<void> {
  const path = join(directory, "bitbucket-pipelines.yml");
  const text = await readFile(path, "utf8");
  await writeFile(path, text.replace(/^ *- write:pullrequest:bitbucket\n/mu, ""));
}

/** Runs git as the shop's author, with nobody's configuration. */
function git(directory: string, ...args: readonly string[]): Promise<void> {
  const author = ["-c", "user.name=Robin", "-c", "user.email=robin@shop.example"];
  const environment = { PATH: process.env["PATH"], GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" };
  const child = spawn("git", ["-C", directory, ...author, ...args], { stdio: "ignore", env: environment });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new SallyportError("machine-fault", `git ${args[0]} failed in ${directory}; check the disk.`));
    });
  });
}
