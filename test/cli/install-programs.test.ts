import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { installPrograms } from "../../src/cli/demo/install-programs.ts";

let folder: string;
const said: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-programs-"));
  said.length = 0;
  // Nothing of this machine's is found: what is there is what a test puts there.
  vi.stubEnv("PATH", folder);
  put("sudo", 'exec "$@"');
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function put(program: string, script: string): void {
  writeFileSync(join(folder, program), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, program), 0o755);
}

const install = () => installPrograms((line) => said.push(line));
const root = process.getuid?.() === 0;
const SUDO = root ? "" : "sudo ";

test("nothing is done, and nothing said, where both are", async () => {
  put("bwrap", "exit 0");
  put("curl", "exit 0");
  put("apt-get", `echo "$@" >>${folder}/asked`);
  await install();
  expect(said).toEqual([]);
  expect(() => readFileSync(join(folder, "asked"))).toThrow("ENOENT");
});

test("apt installs what is missing, after that was said", async () => {
  put(
    "apt-get",
    `[ "$1" = --version ] && exit; echo "$1" >>${folder}/asked; [ "$1" = update ] || for made in bwrap curl; do >${folder}/$made; /bin/chmod 755 ${folder}/$made; done`,
  );
  await installPrograms((line) => {
    expect(() => readFileSync(join(folder, "asked"))).toThrow("ENOENT");
    said.push(line);
  });
  expect(said).toEqual([`missing: bubblewrap, curl; installing with ${SUDO}apt-get install bubblewrap curl`]);
  expect(readFileSync(join(folder, "asked"), "utf8")).toBe("update\ninstall\n");
});

test.each([
  ["apt fails", "apt-get", "apt-get install bubblewrap curl"],
  ["another packager", "dnf", "dnf install bubblewrap curl"],
  ["none that is known", "true", "apt-get install bubblewrap curl"],
])(
  "attack 22: with %s it ends with the one command to type, and code no-isolation",
  async (_what, program, command) => {
    put(program, "exit 0");
    await expect(install()).rejects.toMatchObject({
      code: "no-isolation",
      message: expect.stringMatching(new RegExp(`: ${SUDO}${command}$`, "u")),
    });
  },
);

test.skipIf(root)("without apt and sudo nothing is tried", async () => {
  rmSync(join(folder, "sudo"));
  put("apt-get", "exit 0");
  await expect(install()).rejects.toMatchObject({ code: "no-isolation" });
  expect(said).toEqual([]);
});

test("without curl alone it is no matter of isolation", async () => {
  put("bwrap", "exit 0");
  await expect(install()).rejects.toMatchObject({
    code: "not-found",
    message: expect.stringContaining("install curl"),
  });
});
