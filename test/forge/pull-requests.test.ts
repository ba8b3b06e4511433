import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HANDLERS } from "../../src/forge/embedded/handlers.table.ts";
import { OPERATIONS, type JsonObject } from "../../src/policy/index.ts";
import { ANN, ask, BOB, openShop, REPOSITORY, runGit, serve, STEP, type Opened } from "./open-forge.ts";

let shop: Opened;
beforeEach(async () => {
  shop = await openShop();
});
afterEach(() => shop[Symbol.asyncDispose]());

const PR = { pull_request_id: "1" };
type Request = Parameters<typeof ask>[2];
const call = (id: string, request: Request = {}) => ask(shop, id, request);
const create = (body: JsonObject = {}, actor = ANN) =>
  call("pullrequests.create", { actor, body: { title: "Count again", source: { branch: { name: "work" } }, ...body } });

async function commitTo(branch: string, path: string, text: string): Promise<string> {
  await shop.git(["checkout", "--quiet", branch]);
  mkdirSync(join(shop.clone, path, ".."), { recursive: true });
  writeFileSync(join(shop.clone, path), text);
  await shop.git(["add", "."]);
  await shop.git(["commit", "--quiet", "-m", `Write ${path}`]);
  await shop.forge.importRepository({ name: REPOSITORY, from: shop.clone });
  return shop.git(["rev-parse", "HEAD"]);
}

test("every row with a REST door has an answer, and every tool a full one", async () => {
  const rows = OPERATIONS.filter(({ rest }) => rest !== null);
  const path = {
    ...PR,
    comment_id: "1",
    task_id: "1",
    commit: "main",
    key: "k",
    id: "1",
    name: "main",
    revision: "main",
    path: "README.md",
    pipeline_uuid: "x",
    step_uuid: "y",
  };
  expect([...HANDLERS.keys()].filter((id) => !rows.some((row) => row.id === id))).toEqual([]);
  const answered = new Set(rows.flatMap(({ id, tool }) => (HANDLERS.has(id) ? [tool] : [])));
  expect(rows.filter(({ tool }) => !answered.has(tool)).map(({ tool }) => tool)).toEqual([]);
  expect(HANDLERS.size).toBeGreaterThan(40);
  for (const { id } of rows) {
    const elsewhere = await call(id, { path, repository: "demo/other" });
    expect([id, elsewhere.status, elsewhere.value["type"]]).toEqual([id, 404, "error"]);
    const { status } = await call(id, { path });
    expect([id, HANDLERS.has(id) ? status < 500 : status === 404]).toEqual([id, true]);
  }
});

describe("create", () => {
  test("as a person and as a step; ids count in the repository", async () => {
    const first = await create({ description: "<b>Why</b>", close_source_branch: true });
    expect(first.status).toBe(201);
    expect(first.value).toMatchObject({
      type: "pullrequest",
      id: 1,
      title: "Count again",
      description: "<b>Why</b>",
      summary: { raw: "<b>Why</b>", html: "&lt;b&gt;Why&lt;/b&gt;" },
      state: "OPEN",
      draft: false,
      close_source_branch: true,
      author: { type: "user", display_name: "ann", nickname: "ann" },
      source: { branch: { name: "work" }, commit: { hash: await shop.git(["rev-parse", "work"]) } },
      destination: { branch: { name: "main" }, repository: { full_name: REPOSITORY } },
      merge_commit: null,
      comment_count: 0,
      task_count: 0,
      participants: [],
      reviewers: [],
    });
    await shop.git(["branch", "other", "work"]);
    await shop.forge.importRepository({ name: REPOSITORY, from: shop.clone });
    const second = await create({ source: { branch: { name: "other" } } }, STEP);
    expect(second.value).toMatchObject({
      id: 2,
      author: { type: "AT_APP_USER", display_name: "writer (Sallyport run 7f3a, step 1)", nickname: "writer" },
    });
  });

  test.each<[string, JsonObject, string]>([
    ["no title", { title: " " }, "title"],
    ["a title of 256", { title: "x".repeat(256) }, "title"],
    ["a title that is no text", { title: 7 }, "title"],
    ["a NUL", { title: "a\0b" }, "title"],
    ["a description of more than 32 KiB", { description: "x".repeat(32 * 1024 + 1) }, "description"],
    ["no source", { source: {} }, "source.branch.name"],
    ["a source that is not there", { source: { branch: { name: "none" } } }, "source.branch.name"],
    ["a source that is no branch name", { source: { branch: { name: "--all" } } }, "source.branch.name"],
    ["a revision as source", { source: { branch: { name: "work~1" } } }, "source.branch.name"],
    ["a destination that is not there", { destination: { branch: { name: "none" } } }, "destination.branch.name"],
    ["one branch twice", { destination: { branch: { name: "work" } } }, "destination.branch.name"],
    [
      "nothing to pull",
      { source: { branch: { name: "main" } }, destination: { branch: { name: "work" } } },
      "source.branch.name",
    ],
    ["draft as a text", { draft: "yes" }, "draft"],
  ])("%s is 400 and names the field", async (_name, body, field) => {
    const { status, value } = await create(body);
    expect(status).toBe(400);
    expect(value).toMatchObject({ type: "error", error: { fields: { [field]: [expect.any(String)] } } });
    expect((await call("pullrequests.list")).value["size"]).toBe(0);
  });

  test("a second one for the same branches is a conflict, also when both come at once", async () => {
    const answers = await Promise.all([create(), create(), create()]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409]);
  });
});

describe("list and update", () => {
  test("states, pages and what is no page", async () => {
    for (const name of ["b1", "b2", "b3"]) {
      await shop.git(["branch", name, "work"]);
      await shop.forge.importRepository({ name: REPOSITORY, from: shop.clone });
      await create({ source: { branch: { name } } });
    }
    await call("pullrequests.decline", { path: { pull_request_id: "2" }, body: {} });
    const ids = (value: JsonObject) => (value["values"] as { id: number }[]).map(({ id }) => id);
    expect(ids((await call("pullrequests.list")).value)).toEqual([3, 1]);
    expect(ids((await call("pullrequests.list", { query: { state: "OPEN,DECLINED" } })).value)).toEqual([3, 2, 1]);
    const page = (await call("pullrequests.list", { query: { state: "open,declined", page: "2", pagelen: "2" } }))
      .value;
    expect(page).toMatchObject({ page: 2, pagelen: 2, size: 3 });
    expect(ids(page)).toEqual([1]);
    expect(page).not.toHaveProperty("next");
    const first = (await call("pullrequests.list", { query: { pagelen: "1" } })).value;
    expect(first["next"]).toBe("http://127.0.0.1:29418/2.0/repositories/demo/shop/pullrequests?pagelen=1&page=2");
    for (const query of [
      { page: "0" },
      { page: "x" },
      { pagelen: "101" },
      { state: "NEW" },
      { q: "x" },
      { sort: "id" },
    ]) {
      expect((await call("pullrequests.list", { query })).status).toBe(400);
    }
  });

  test("title and description, by a step too; destination and reviewers by a person only", async () => {
    await create();
    await shop.git(["branch", "release", "main"]);
    await shop.forge.importRepository({ name: REPOSITORY, from: shop.clone });
    const wide = { title: "New", destination: { branch: { name: "release" } }, reviewers: [{ nickname: "bob" }] };
    const byStep = await call("pullrequests.update", { path: PR, actor: STEP, body: wide });
    expect(byStep.value).toMatchObject({ title: "New", destination: { branch: { name: "main" } }, reviewers: [] });
    const byPerson = await call("pullrequests.update", { path: PR, body: wide });
    expect(byPerson.value).toMatchObject({
      destination: { branch: { name: "release" } },
      reviewers: [{ nickname: "bob" }],
    });
    expect((await call("pullrequests.update", { path: PR, body: { title: "" } })).status).toBe(400);
    expect((await call("pullrequests.update", { path: { pull_request_id: "9" }, body: { title: "x" } })).status).toBe(
      404,
    );
    await call("pullrequests.decline", { path: PR });
    expect((await call("pullrequests.update", { path: PR, body: { title: "x" } })).status).toBe(400);
    expect((await call("pullrequests.decline", { path: PR })).status).toBe(409);
  });
});

test("diff, diffstat, commits, statuses and activity", async () => {
  await commitTo("work", "docs/new file.md", "one\ntwo\n");
  await shop.git(["mv", "README.md", "READ ME.md"]);
  await shop.git(["commit", "--quiet", "-m", "Rename"]);
  await commitTo("main", "elsewhere.txt", "not in the diff\n");
  await create();
  const diff = await call("pullrequests.diff", { path: PR });
  expect(diff.text).toContain("+export const tax = 0;");
  expect(diff.text).not.toContain("elsewhere");
  const stat = (await call("pullrequests.diffstat", { path: PR })).value["values"] as JsonObject[];
  expect(stat).toEqual([
    {
      type: "diffstat",
      status: "renamed",
      lines_added: 0,
      lines_removed: 0,
      old: { type: "commit_file", path: "README.md" },
      new: { type: "commit_file", path: "READ ME.md" },
    },
    {
      type: "diffstat",
      status: "added",
      lines_added: 2,
      lines_removed: 0,
      old: null,
      new: { type: "commit_file", path: "docs/new file.md" },
    },
    {
      type: "diffstat",
      status: "modified",
      lines_added: 2,
      lines_removed: 1,
      old: { type: "commit_file", path: "src/cart.js" },
      new: { type: "commit_file", path: "src/cart.js" },
    },
  ]);
  const commits = (await call("pullrequests.commits", { path: PR })).value;
  expect(commits).toMatchObject({
    size: 3,
    values: [{ message: "Rename\n" }, { message: "Write docs/new file.md\n" }, { message: "Count again\n" }],
  });
  const tip = await shop.git(["rev-parse", "work"]);
  await call("statuses.create", {
    path: { commit: tip },
    body: { key: "ci", state: "FAILED", url: "https://ci.example/1" },
  });
  expect((await call("pullrequests.statuses", { path: PR })).value).toMatchObject({
    size: 1,
    values: [{ key: "ci", state: "FAILED" }],
  });
  await call("comments.create", { path: PR, body: { content: { raw: "Hm" } } });
  await call("pullrequests.approve", { path: PR, actor: BOB });
  const activity = (await call("pullrequests.activity", { path: PR })).value["values"];
  expect(activity).toMatchObject([
    { pull_request: { id: 1 }, approval: { user: { nickname: "bob" } } },
    { comment: { content: { raw: "Hm" } } },
    { update: { state: "OPEN" } },
  ]);
});

describe("reviews", () => {
  test("approve, request changes and withdraw", async () => {
    await create();
    expect((await call("pullrequests.approve", { path: PR, actor: BOB })).value).toMatchObject({
      approved: true,
      state: "approved",
      role: "PARTICIPANT",
    });
    expect((await call("pullrequests.get", { path: PR })).value["participants"]).toMatchObject([
      { user: { nickname: "bob" }, approved: true },
    ]);
    expect((await call("pullrequests.requestChanges", { path: PR, actor: BOB })).value).toMatchObject({
      approved: false,
      state: "changes_requested",
    });
    expect((await call("pullrequests.unapprove", { path: PR, actor: BOB })).status).toBe(404);
    expect((await call("pullrequests.withdrawRequest", { path: PR, actor: BOB })).status).toBe(204);
    await call("pullrequests.decline", { path: PR });
    expect((await call("pullrequests.approve", { path: PR, actor: BOB })).status).toBe(409);
  });

  test("attack 44: a push of a step ends the approvals of what was there before", async () => {
    await create();
    await call("restrictions.create", { body: { kind: "require_approvals_to_merge", pattern: "main", value: 1 } });
    await call("pullrequests.approve", { path: PR, actor: BOB });
    await using served = await serve(shop.forge, {});
    const box = join(shop.folder, "box");
    await runGit(["clone", "--quiet", "--branch=work", `${served.url}/git/${REPOSITORY}`, box], shop.folder);
    writeFileSync(join(box, "more.txt"), "more\n");
    await runGit(["add", "."], box);
    await runGit(["commit", "--quiet", "-m", "More"], box);
    await runGit(["push", "--quiet", "origin", "work"], box);
    expect((await call("pullrequests.get", { path: PR })).value["participants"]).toMatchObject([
      { approved: false, state: null },
    ]);
    const merge = await call("pullrequests.merge", { path: PR });
    expect([merge.status, JSON.stringify(merge.value)]).toEqual([
      409,
      expect.stringContaining("needs 1 approvals of this commit and has 0"),
    ]);
    await call("pullrequests.approve", { path: PR, actor: BOB });
    expect((await call("pullrequests.merge", { path: PR })).status).toBe(200);
  });
});

/** A step commits to `branch` and pushes it. */
async function pushAsStep(branch: string): Promise<void> {
  await using served = await serve(shop.forge, {});
  const box = join(shop.folder, "box");
  await runGit(["clone", "--quiet", `--branch=${branch}`, `${served.url}/git/${REPOSITORY}`, box], shop.folder);
  writeFileSync(join(box, "more.txt"), "more\n");
  await runGit(["add", "."], box);
  await runGit(["commit", "--quiet", "-m", "More"], box);
  await runGit(["push", "--quiet", "origin", branch], box);
}

test("attack 44: without any restriction too, what a step pushed after an approval is not merged on it", async () => {
  await create();
  await call("pullrequests.approve", { path: PR, actor: BOB });
  await pushAsStep("work");
  const main = await shop.forge.resolve(REPOSITORY, "main");
  const merge = await call("pullrequests.merge", { path: PR, actor: BOB });
  expect([merge.status, JSON.stringify(merge.value)]).toEqual([
    409,
    expect.stringContaining("approved another commit"),
  ]);
  expect(await shop.forge.resolve(REPOSITORY, "main")).toBe(main);
  await call("pullrequests.approve", { path: PR, actor: BOB });
  expect((await call("pullrequests.merge", { path: PR, actor: BOB })).status).toBe(200);
});

describe("attack 30: a step's pull request, once merged, closes", () => {
  test("no branch that a person wrote", async () => {
    await create({ close_source_branch: true }, STEP);
    expect((await call("pullrequests.merge", { path: PR })).status).toBe(200);
    expect(await shop.forge.resolve(REPOSITORY, "work")).not.toBeNull();
  });

  test("the branch that a step wrote, and any that the person who merges names", async () => {
    await pushAsStep("work");
    await create({ close_source_branch: true }, STEP);
    await call("pullrequests.merge", { path: PR });
    expect(await shop.forge.resolve(REPOSITORY, "work")).toBeNull();
    await shop.git(["checkout", "--quiet", "-b", "late", "main"]);
    await commitTo("late", "late.txt", "late\n");
    await create({ source: { branch: { name: "late" } } }, STEP);
    const path = { pull_request_id: "2" };
    await call("pullrequests.merge", { path, body: { close_source_branch: true } });
    expect(await shop.forge.resolve(REPOSITORY, "late")).toBeNull();
  });
});

test("attack 27: a huge file is neither read as a whole nor compared line by line", async () => {
  const huge = "a line\n".repeat(3 * 1024 * 1024);
  const commit = await commitTo("work", "huge.txt", huge);
  await create();
  expect((await call("pullrequests.diff", { path: PR })).text).toContain(
    "Binary files /dev/null and b/huge.txt differ",
  );
  await expect(shop.forge.readFile(REPOSITORY, commit, "huge.txt")).rejects.toMatchObject({ code: "invalid-file" });
  await shop.git(["clone", "--quiet", "--branch=work", shop.bare, join(shop.folder, "copy")]);
});

describe("merge", () => {
  const parents = async (commit: string) => (await runGit(["log", "-1", "--format=%P", commit], shop.bare)).split(" ");

  test.each([["merge_commit"], ["squash"]] as const)("%s", async (strategy) => {
    const main = await commitTo("main", "a.txt", "a\n");
    const work = await shop.git(["rev-parse", "work"]);
    await create({ close_source_branch: true });
    const merged = await call("pullrequests.merge", {
      path: PR,
      body: { merge_strategy: strategy, message: "Take it in" },
    });
    const hash = (merged.value["merge_commit"] as JsonObject)["hash"] as string;
    expect(merged.value).toMatchObject({
      state: "MERGED",
      closed_by: { nickname: "ann" },
      source: { commit: { hash: work } },
    });
    expect(await shop.forge.resolve(REPOSITORY, "main")).toBe(hash);
    expect(await parents(hash)).toEqual(strategy === "squash" ? [main] : [main, work]);
    expect(await runGit(["log", "-1", "--format=%an %s", hash], shop.bare)).toBe("ann Take it in");
    expect((await shop.forge.readFile(REPOSITORY, hash, "src/cart.js"))?.toString()).toContain("tax");
    expect((await shop.forge.readFile(REPOSITORY, hash, "a.txt"))?.toString()).toBe("a\n");
    expect(await shop.forge.resolve(REPOSITORY, "work")).toBeNull();
    expect((await call("pullrequests.merge", { path: PR })).status).toBe(409);
    // A closed one still shows what it was.
    expect((await call("pullrequests.diff", { path: PR })).text).toContain("+export const tax");
    expect((await call("pullrequests.commits", { path: PR })).value["size"]).toBe(1);
  });

  test("fast_forward, and not when there is something to lose", async () => {
    await create();
    const work = await shop.git(["rev-parse", "work"]);
    await call("pullrequests.merge", { path: PR, body: { merge_strategy: "fast_forward" } });
    expect(await shop.forge.resolve(REPOSITORY, "main")).toBe(work);
    await shop.git(["checkout", "--quiet", "-b", "late", "main"]);
    await commitTo("late", "late.txt", "late\n");
    await create({ source: { branch: { name: "late" } } });
    const second = await call("pullrequests.merge", {
      path: { pull_request_id: "2" },
      body: { merge_strategy: "fast_forward" },
    });
    expect(second).toMatchObject({ status: 400 });
    expect(
      (await call("pullrequests.merge", { path: { pull_request_id: "2" }, body: { merge_strategy: "rebase" } })).status,
    ).toBe(400);
  });

  test("a conflict names the file and moves nothing", async () => {
    const main = await commitTo("main", "src/cart.js", "other\n");
    await create();
    const answer = await call("pullrequests.merge", { path: PR });
    expect([answer.status, JSON.stringify(answer.value)]).toEqual([
      409,
      expect.stringContaining("conflict in src/cart.js"),
    ]);
    expect(await shop.forge.resolve(REPOSITORY, "main")).toBe(main);
    expect((await call("pullrequests.get", { path: PR })).value["state"]).toBe("OPEN");
  });

  test("two merges at once: one, and the branch is where its record says", async () => {
    await create();
    const actors = [ANN, BOB];
    const answers = await Promise.all(actors.map((actor) => call("pullrequests.merge", { path: PR, actor })));
    const merged = answers.filter(({ status }) => status === 200);
    expect(merged).toHaveLength(1);
    expect(merged[0]?.value).toMatchObject({ merge_commit: { hash: await shop.forge.resolve(REPOSITORY, "main") } });
  });

  test.each<[JsonObject, string, () => Promise<unknown>]>([
    [{ kind: "restrict_merges", users: [{ nickname: "bob" }] }, "you may not merge into main", async () => undefined],
    [
      { kind: "require_approvals_to_merge", value: 2 },
      "needs 2 approvals",
      () => call("pullrequests.approve", { path: PR, actor: BOB }),
    ],
    // An author's own approval is none.
    [{ kind: "require_approvals_to_merge", value: 1 }, "has 0", () => call("pullrequests.approve", { path: PR })],
    [
      { kind: "require_no_changes_requested" },
      "a reviewer asks for changes",
      () => call("pullrequests.requestChanges", { path: PR, actor: BOB }),
    ],
    [
      { kind: "require_tasks_to_be_completed" },
      "1 of its tasks",
      () => call("tasks.create", { path: PR, body: { content: { raw: "Do" } } }),
    ],
    [{ kind: "require_passing_builds_to_merge", value: 1 }, "needs 1 passing builds", async () => undefined],
  ])("the merge check %j", async (restriction, reason, prepare) => {
    await create();
    await prepare();
    const kept = await call("restrictions.create", { body: { pattern: "mai*", ...restriction } });
    const answer = await call("pullrequests.merge", { path: PR });
    expect([answer.status, JSON.stringify(answer.value)]).toEqual([409, expect.stringContaining(reason)]);
    await call("restrictions.delete", { path: { id: JSON.stringify(kept.value["id"]) } });
    expect((await call("pullrequests.merge", { path: PR })).status).toBe(200);
  });
});

describe("restrictions", () => {
  test("create, list, update and delete; every kind is kept, others are refused", async () => {
    const made = await call("restrictions.create", {
      body: { kind: "push", pattern: "release/*", users: [{ nickname: "bob" }], groups: [] },
    });
    expect(made).toMatchObject({
      status: 201,
      value: {
        type: "branchrestriction",
        id: 1,
        kind: "push",
        branch_match_kind: "glob",
        users: [{ nickname: "bob" }],
      },
    });
    await call("restrictions.create", {
      body: { kind: "enforce_merge_checks", branch_match_kind: "branching_model", branch_type: "production" },
    });
    expect((await call("restrictions.list")).value).toMatchObject({ size: 2 });
    expect((await call("restrictions.list", { query: { kind: "push" } })).value).toMatchObject({ size: 1 });
    expect((await call("restrictions.update", { path: { id: "1" }, body: { pattern: "r/*" } })).value).toMatchObject({
      pattern: "r/*",
      users: [{ nickname: "bob" }],
    });
    expect(await shop.forge.restrictedBranches(REPOSITORY)).toEqual(["r/*"]);
    expect((await call("restrictions.delete", { path: { id: "1" } })).status).toBe(204);
    expect((await call("restrictions.delete", { path: { id: "1" } })).status).toBe(404);
    for (const body of [
      { kind: "own", pattern: "x" },
      { kind: "push" },
      { kind: "push", branch_match_kind: "branching_model" },
      { kind: "push", pattern: "x", users: "bob" },
    ]) {
      expect((await call("restrictions.create", { body })).status).toBe(400);
    }
  });

  test("attack 30: they bind a push where it lands, a person's as a step's", async () => {
    await call("restrictions.create", { body: { kind: "push", pattern: "w*", users: [{ nickname: "bob" }] } });
    for (const [actor, allowed] of [
      [STEP, false],
      [ANN, false],
      [BOB, true],
    ] as const) {
      await using served = await serve(shop.forge, { actor });
      const box = join(shop.folder, `box-${String(allowed)}-${actor.kind}`);
      await runGit(["clone", "--quiet", "--branch=work", `${served.url}/git/${REPOSITORY}`, box], shop.folder);
      await runGit(["commit", "--quiet", "--allow-empty", "-m", "More"], box);
      const push = runGit(["push", "--quiet", "origin", "work"], box);
      if (allowed) await push;
      else await expect(push).rejects.toThrow("work has the branch restriction 1, push");
    }
  });
});
