import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { toolPath } from "./gates/run-tool.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * `npm run check:package`, after `npm run build`: what is published is well formed (publint), and, packed and installed in
 * an empty folder, it says its version, runs a step in a box and shows the demo. Throws on the first command that fails,
 * with its output.
 */
async function checkPackage(folder: string): Promise<void> {
  await run(toolPath("publint"), ["run", "--strict"], { cwd: root });
  console.log("publint: ok");

  const { stdout: packed } = await run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
  });
  const archive = readArchiveName(packed);
  await writeFile(join(folder, "package.json"), '{ "name": "elsewhere", "private": true }');
  await run("npm", ["install", "--no-audit", "--no-fund", `./${archive}`], { cwd: folder });
  console.log(`pack and install: ${archive}`);

  // The installed package has no Node of its own: it runs on the one that runs this.
  const env = {
    ...process.env,
    PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
    SALLYPORT_HOME: join(folder, "state"),
  };
  const sallyport = join(folder, "node_modules/.bin/sallyport");
  const { stdout: version } = await run(sallyport, ["--version"], { env });
  const { version: expected } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
  if (!version.includes(expected)) throw new Error(`--version said ${version.trim()} instead of ${expected}`);
  console.log(`installed --version: ${version.trim()}`);

  const repository = join(folder, "repository");
  await run("git", ["init", "--quiet", "--initial-branch=main", repository]);
  await writeFile(join(repository, "bitbucket-pipelines.yml"), STEP);
  const git = ["-C", repository, "-c", "user.name=check", "-c", "user.email=check@localhost"];
  await run("git", [...git, "add", "."]);
  await run("git", [...git, "commit", "--quiet", "--message", "A step"]);
  await run(sallyport, ["run", "default", "--repo", repository], { env });
  console.log("installed run of one step: ok");
  await run(sallyport, ["demo"], { env, cwd: folder });
  console.log("installed demo: ok");
}

const STEP = "pipelines:\n  default:\n    - step:\n        script:\n          - test -f bitbucket-pipelines.yml\n";

/** npm prints a list of packages, or since npm 12 a map of them by name. */
function readArchiveName(json: string): string {
  const packed = JSON.parse(json) as readonly { readonly filename: string }[] | Record<string, { filename: string }>;
  const filename = Object.values(packed)[0]?.filename;
  if (filename === undefined) throw new Error(`npm pack named no file: ${json}`);
  return filename;
}

const folder = await mkdtemp(join(tmpdir(), "sallyport-package-"));
try {
  await checkPackage(folder);
} finally {
  await rm(folder, { recursive: true, force: true });
}
