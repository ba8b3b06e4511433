import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { quarantineEnvironment } from "../../src/forge/embedded/quarantine.ts";

let folder: string;
let bare: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "quarantine-"));
  bare = join(folder, "shop.git");
  mkdirSync(join(bare, "objects"), { recursive: true });
  mkdirSync(join(folder, "other.git/objects/tmp_objdir-incoming-abc123"), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

test("a quarantine right below the repository's own objects", async () => {
  for (const name of ["tmp_objdir-incoming-abc123", "incoming-Xy9"]) {
    const path = join(bare, "objects", name);
    mkdirSync(path);
    expect(await quarantineEnvironment(bare, path)).toEqual({
      GIT_OBJECT_DIRECTORY: path,
      GIT_QUARANTINE_PATH: path,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: `"${join(bare, "objects")}"`,
    });
  }
});

test("attack 29: any other folder is none", async () => {
  const objects = join(bare, "objects");
  mkdirSync(join(objects, "pack"));
  mkdirSync(join(objects, "deep/incoming-a1"), { recursive: true });
  writeFileSync(join(objects, "incoming-file"), "");
  symlinkSync(join(folder, "other.git/objects/tmp_objdir-incoming-abc123"), join(objects, "incoming-link"));
  const hostile = [
    join(folder, "other.git/objects/tmp_objdir-incoming-abc123"),
    join(objects, "../../other.git/objects/tmp_objdir-incoming-abc123"),
    join(objects, "deep/incoming-a1"),
    join(objects, "pack"),
    join(objects, "incoming-none"),
    join(objects, "incoming-file"),
    join(objects, "incoming-link"),
    objects,
    "/",
    "",
    "incoming-a1",
  ];
  for (const path of hostile) expect([path, await quarantineEnvironment(bare, path)]).toEqual([path, null]);
});
