import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SOURCE = "src/cli/main.ts";
const BUILT = "dist/cli/main.js";
/** Makes this Node say that it is an old one, before the launcher looks. */
const OLD_NODE =
  'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.20.2"}})';

/** A command line that says what it was started with, and then does what its first argument says. */
const PROBE = `
export async function main(argv) {
  const wait = argv[0] === "wait";
  if (wait) {
    process.on("SIGINT", () => process.exit(130));
    process.on("SIGTERM", () => { console.log("ended by a signal"); process.exit(143); });
  }
  console.log(JSON.stringify({ argv, node: process.versions.node, relaunched: "SALLYPORT_RELAUNCHED" in process.env }));
  if (argv[0] === "die") process.kill(process.pid, "SIGKILL");
  if (wait) await new Promise((resolve) => setTimeout(resolve, 60_000));
  return 7;
}
`;

type Place = AsyncDisposable & { readonly launcher: string };

/** A copy of the launcher in a package of its own: its command line in `entry`, and the pinned Node where `pinned` says. */
async function layLauncher(entry: string, pinned: string | null): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), "sallyport-launcher-"));
  // Node strips no types below node_modules, so a checkout stands elsewhere.
  const root = join(folder, entry === SOURCE ? "checkout" : "node_modules/sallyport");
  for (const path of ["bin", "src/cli", "dist/cli", "node_modules"]) await mkdir(join(root, path), { recursive: true });
  await copyFile(join(ROOT, "bin/sallyport.js"), join(root, "bin/sallyport.js"));
  await writeFile(join(root, "package.json"), '{"type": "module"}');
  await writeFile(join(root, entry), PROBE);
  if (pinned !== null) await symlink(join(ROOT, "node_modules/node"), join(root, pinned));
  const launcher = join(root, "bin/sallyport.js");
  return { launcher, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

function launch(launcher: string, args: readonly string[], flags: readonly string[] = []): ChildProcess {
  return spawn(process.execPath, [...flags, launcher, ...args], { stdio: ["ignore", "pipe", "pipe"] });
}

async function finish(
  child: ChildProcess,
): Promise<{ code: unknown; signal: unknown; stdout: string; stderr: string }> {
  // Both streams are pipes, by `launch`; the arguments of `close` are the exit code and the signal.
  const ended = once(child, "close") as Promise<[number | null, string | null]>;
  const [[code, signal], stdout, stderr] = await Promise.all([ended, text(child.stdout!), text(child.stderr!)]);
  return { code, signal, stdout, stderr };
}

test("a good Node is used as it is, and the exit code is the command's", async () => {
  await using place = await layLauncher(SOURCE, null);
  const { code, stdout } = await finish(launch(place.launcher, ["run", "a b", "--x=1"]));
  expect(code).toBe(7);
  expect(JSON.parse(stdout)).toEqual({ argv: ["run", "a b", "--x=1"], node: process.versions.node, relaunched: false });
});

test("the built command line is started where there is no source", async () => {
  await using place = await layLauncher(BUILT, null);
  expect((await finish(launch(place.launcher, []))).code).toBe(7);
});

for (const [entry, where] of [
  [SOURCE, "node_modules/node"],
  [BUILT, "../node"],
] as const) {
  test(`an old Node hands over to the pinned one in ${where}, for ${entry}`, async () => {
    await using place = await layLauncher(entry, where);
    const { code, stdout } = await finish(launch(place.launcher, ["run", "a b"], ["--import", OLD_NODE]));
    expect(code).toBe(7);
    expect(JSON.parse(stdout)).toMatchObject({ argv: ["run", "a b"], relaunched: false });
  });
}

test("an old Node without a pinned one says in a sentence what it needs, and exits 2", async () => {
  await using place = await layLauncher(SOURCE, null);
  const { code, stdout, stderr } = await finish(launch(place.launcher, [], ["--import", OLD_NODE]));
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/^sallyport: Node\.js 24 or newer is needed, and this is v[\d.]+: .*\.\n$/);
});

test("signals pass on, and the launcher ends as the command ends", async () => {
  await using place = await layLauncher(SOURCE, "node_modules/node");
  for (const [signal, expected] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    const child = launch(place.launcher, ["wait"], ["--import", OLD_NODE]);
    // The probe's first line says that it is up. Standard output is a pipe, by `launch`.
    child.stdout!.once("data", () => child.kill(signal));
    expect((await finish(child)).code).toBe(expected);
  }
  const killed = await finish(launch(place.launcher, ["die"], ["--import", OLD_NODE]));
  expect([killed.code, killed.signal]).toEqual([null, "SIGKILL"]);
});

test("a killed launcher takes the command with it", async () => {
  await using place = await layLauncher(SOURCE, "node_modules/node");
  const child = launch(place.launcher, ["wait"], ["--import", OLD_NODE]);
  // Standard output is a pipe, by `launch`.
  child.stdout!.once("data", () => child.kill("SIGKILL"));
  const { signal, stdout } = await finish(child);
  expect(signal).toBe("SIGKILL");
  // Written by the command when it is told to end; the pipe closes only when it has gone too.
  expect(stdout).toContain("ended by a signal");
});

test("the real launcher answers --version with the package's version", async () => {
  const { code, stdout } = await finish(launch(join(ROOT, "bin/sallyport.js"), ["--version"]));
  expect([code, stdout.trim()]).toEqual([0, expect.stringContaining("0.1.0")]);
});
