import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openShop, REPOSITORY, runGit, serve } from "./open-forge.ts";

test("clone, shallow clone, fetch and push over HTTP", async () => {
  await using shop = await openShop();
  await using served = await serve(shop.forge, {});
  const address = `${served.url}/git/${REPOSITORY}`;
  const work = join(shop.folder, "box");
  await runGit(["clone", "--quiet", address, work], shop.folder);
  expect(await runGit(["rev-parse", "HEAD"], work)).toBe(await shop.git(["rev-parse", "main"]));
  await runGit(["clone", "--quiet", "--depth=1", address, join(shop.folder, "shallow")], shop.folder);

  await runGit(["checkout", "--quiet", "-b", "notes"], work);
  writeFileSync(join(work, "NOTES.md"), "notes\n");
  await runGit(["add", "."], work);
  await runGit(["commit", "--quiet", "-m", "Notes"], work);
  await runGit(["push", "--quiet", "origin", "notes"], work).catch((e) => console.log(e.message));
  expect(await shop.forge.resolve(REPOSITORY, "notes")).toBe(await runGit(["rev-parse", "HEAD"], work));
  expect(served.asked).toEqual([{ ref: "refs/heads/notes", kind: "create", authorityFiles: [] }]);
  expect(await shop.forge.wroteByStep(REPOSITORY, "refs/heads/notes")).toBe(true);
  expect(await shop.forge.wroteByStep(REPOSITORY, "refs/heads/work")).toBe(false);
});
