import { symlink } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { commitFiles, git, makeClone } from "./make-clone.ts";
import { makeRoom, type Ended, type Room } from "./sallyport.ts";

let room: Room;
let clone: string;
beforeAll(async () => {
  room = await makeRoom();
  clone = join(room.folder, "shop");
  await makeClone(clone, { "price.txt": "1\n" });
  for (const branch of ["cheaper", "dearer"]) {
    git(clone, "switch", "--quiet", "--create", branch, "main");
    await commitFiles(clone, { [`${branch}.txt`]: "2\n" });
  }
  git(clone, "switch", "--quiet", "main");
});
afterAll(() => room[Symbol.asyncDispose]());

const pr = (...args: readonly string[]): Promise<Ended> => room.sallyport(["pr", ...args], { directory: clone });
const me = userInfo().username;

test("a person opens, reads, discusses, approves and merges a pull request", async () => {
  const created = await pr("create", "--source", "cheaper", "--destination", "main", "--title", "Lower\x1b the price");
  expect(created).toMatchObject({ code: 0, stderr: "" });
  expect(created.stdout).toBe(`opened #1 Lower\\x1b the price   OPEN · cheaper → main · by ${me}\n`);
  expect((await pr("create", "--source", "dearer", "--title", "Raise it", "--description", "two\nlines")).code).toBe(0);

  const listed = await pr("list");
  expect(listed.stdout).toMatch(/^# {2}state {2}title +from +into +author$/m);
  expect(listed.stdout).toMatch(new RegExp(`^2 +OPEN +Raise it +dearer +main +${me}$`, "m"));

  expect(await pr("comment", "1", "Looks good")).toMatchObject({ code: 0 });
  expect(await room.sallyport(["pr", "comment", "1", "-"], { directory: clone, stdin: "a\u202eb\n" })).toMatchObject({
    code: 0,
  });
  expect(await pr("approve", "1")).toEqual({ code: 0, stdout: `${me} approved #1\n`, stderr: "" });
  const shown = await pr("show", "1");
  expect(shown.stdout).toContain(`approved by ${me}\n`);
  expect(shown.stdout).toContain("    │ Looks good\n");
  expect(shown.stdout).toContain("    │ a\\u202eb\n");
  const json = JSON.parse((await pr("show", "1", "--json")).stdout) as Record<string, unknown>;
  expect(json).toMatchObject({ id: 1, state: "OPEN", title: "Lower\x1b the price", comments: [{}, {}], tasks: [] });

  const merged = await pr("merge", "1", "--strategy", "squash");
  expect(merged.stdout).toMatch(/^merged #1 as [0-9a-f]{12}\n$/);
  expect((await pr("list", "--state", "merged")).stdout).toContain("MERGED");
  const twice = await pr("merge", "1");
  expect(twice).toMatchObject({ code: 4, stdout: "" });
  expect(twice.stderr).toMatch(/^sallyport: .*merged already\.\n$/);

  expect(await pr("request-changes", "2")).toMatchObject({ code: 0 });
  expect((await pr("show", "2")).stdout).toContain(`changes requested by ${me}\n`);
  expect(await pr("decline", "2")).toMatchObject({ code: 0 });
  expect((await pr("list")).stdout).toBe("no pull request\n");
});

test("what is not there is a sentence and exit code 2", async () => {
  const missing = await pr("show", "99");
  expect(missing).toMatchObject({ code: 2, stdout: "" });
  expect(missing.stderr).toMatch(/^sallyport: [^\n]*not found\.\n$/);
  const branch = await pr("create", "--source", "nowhere", "--title", "Nothing");
  expect(branch).toMatchObject({ code: 2, stdout: "" });
  expect(branch.stderr).toContain("nowhere");
});

test("a folder below the clone, and a link to it, are the same repository", async () => {
  await symlink(clone, join(room.folder, "link"));
  await commitFiles(clone, { "below/file.txt": "x" });
  const [below, link] = await Promise.all([
    room.sallyport(["pr", "list", "--state", "merged", "--json"], { directory: join(clone, "below") }),
    room.sallyport(["pr", "list", "--state", "merged", "--json", "--repo", "link"]),
  ]);
  expect(JSON.parse(below.stdout)).toHaveLength(1);
  expect(link.stdout).toBe(below.stdout);
});
