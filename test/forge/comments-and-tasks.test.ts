import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { callOf, operationById, type JsonObject } from "../../src/policy/index.ts";
import { ANN, ask, BOB, openShop, REPOSITORY, STEP, type Opened } from "./open-forge.ts";
import type { Actor } from "../../src/forge/index.ts";

let shop: Opened;
beforeEach(async () => {
  shop = await openShop();
  await call("pullrequests.create", { body: { title: "One", source: { branch: { name: "work" } } } });
});
afterEach(() => shop[Symbol.asyncDispose]());

const call = (id: string, request: Parameters<typeof ask>[2] = {}) => ask(shop, id, request);
const PR = { pull_request_id: "1" };
const at = (comment: number | string) => ({ ...PR, comment_id: String(comment) });
const task = (id: number | string) => ({ ...PR, task_id: String(id) });
const comment = (raw: string, actor: Actor = ANN, more: JsonObject = {}) =>
  call("comments.create", { path: PR, actor, body: { content: { raw }, ...more } });
const inspect = (id: string, path: Record<string, string>) =>
  shop.forge.inspect({ ...callOf(operationById(id), REPOSITORY, {}), path });

describe("comments", () => {
  test("plain, inline, as a reply; read back one by one and as a page", async () => {
    expect(await comment("Hello <i>")).toMatchObject({
      status: 201,
      value: {
        type: "pullrequest_comment",
        id: 1,
        content: { raw: "Hello <i>", html: "Hello &lt;i&gt;", markup: "markdown" },
        user: { nickname: "ann" },
        deleted: false,
        resolution: null,
        pullrequest: { id: 1 },
      },
    });
    const inline = { inline: { path: "src/cart.js", to: 2 } };
    expect((await comment("Here", STEP, inline)).value).toMatchObject({
      id: 2,
      inline: { path: "src/cart.js", from: null, to: 2 },
    });
    expect((await comment("Yes", BOB, { parent: { id: 2 } })).value).toMatchObject({ id: 3, parent: { id: 2 } });
    expect((await call("comments.list", { path: PR, query: { pagelen: "2" } })).value).toMatchObject({
      size: 3,
      values: [{ id: 1 }, { id: 2 }],
    });
    expect((await call("comments.get", { path: at(3) })).value).toMatchObject({ content: { raw: "Yes" } });
    expect((await call("pullrequests.get", { path: PR })).value).toMatchObject({ comment_count: 3 });
  });

  test.each<[string, JsonObject, string]>([
    ["no content", {}, "content.raw"],
    ["empty content", { content: { raw: " \n" } }, "content.raw"],
    ["too much content", { content: { raw: "é".repeat(16 * 1024 + 1) } }, "content.raw"],
    ["content that is no text", { content: { raw: ["x"] } }, "content.raw"],
    ["a parent that is not there", { content: { raw: "x" }, parent: { id: 9 } }, "parent.id"],
    ["a line without a path", { content: { raw: "x" }, inline: { to: 1 } }, "inline.path"],
    ["a path that leads out", { content: { raw: "x" }, inline: { path: "../x", to: 1 } }, "inline.path"],
    ["line 0", { content: { raw: "x" }, inline: { path: "x", to: 0 } }, "inline.to"],
    ["half a line", { content: { raw: "x" }, inline: { path: "x", from: 1.5 } }, "inline.from"],
  ])("%s is 400", async (_name, body, field) => {
    const answer = await call("comments.create", { path: PR, body });
    expect(answer).toMatchObject({ status: 400, value: { error: { fields: { [field]: [expect.any(String)] } } } });
  });

  test("edited and deleted by their author; a tombstone stays for the replies", async () => {
    await comment("First");
    await comment("Reply", BOB, { parent: { id: 1 } });
    expect((await call("comments.update", { path: at(1), body: { content: { raw: "Better" } } })).value).toMatchObject({
      content: { raw: "Better" },
    });
    expect((await call("comments.update", { path: at(1), actor: BOB, body: { content: { raw: "x" } } })).status).toBe(
      403,
    );
    expect((await call("comments.delete", { path: at(1), actor: BOB })).status).toBe(403);
    expect((await call("comments.delete", { path: at(1) })).status).toBe(204);
    expect((await call("comments.get", { path: at(1) })).value).toMatchObject({ deleted: true, content: { raw: "" } });
    expect((await call("comments.update", { path: at(1), body: { content: { raw: "x" } } })).status).toBe(404);
    expect((await call("comments.delete", { path: at(1) })).status).toBe(404);
    expect((await comment("Late", ANN, { parent: { id: 1 } })).status).toBe(400);
    expect((await call("comments.list", { path: PR })).value["size"]).toBe(2);
  });

  test("a thread is resolved as a whole, once, and opened again", async () => {
    await comment("First");
    await comment("Reply", BOB, { parent: { id: 1 } });
    expect((await call("comments.resolve", { path: at(2), actor: BOB })).value).toMatchObject({
      type: "comment_resolution",
      user: { nickname: "bob" },
    });
    expect((await call("comments.get", { path: at(1) })).value).toMatchObject({
      resolution: { user: { nickname: "bob" } },
    });
    expect((await call("comments.resolve", { path: at(1) })).status).toBe(409);
    expect((await call("comments.reopen", { path: at(1) })).status).toBe(204);
    expect((await call("comments.reopen", { path: at(1) })).status).toBe(409);
  });

  test("one of another pull request is not there", async () => {
    await shop.git(["branch", "other", "work"]);
    await shop.forge.importRepository({ name: REPOSITORY, from: shop.clone });
    await call("pullrequests.create", { body: { title: "Two", source: { branch: { name: "other" } } } });
    await comment("First");
    for (const id of ["comments.get", "comments.update", "comments.delete", "comments.resolve"]) {
      expect(
        (await call(id, { path: { pull_request_id: "2", comment_id: "1" }, body: { content: { raw: "x" } } })).status,
      ).toBe(404);
    }
  });
});

describe("attack 20, 21 and 44: who created it is a record of ids", () => {
  test("comments and threads", async () => {
    await comment("By a person");
    await comment("By a step", STEP);
    await comment("By one who is called like a step", { kind: "person", name: "writer (Sallyport run 7f3a, step 1)" });
    await comment("A step's reply to a person", STEP, { parent: { id: 1 } });
    await comment("A person's reply to a step", ANN, { parent: { id: 2 } });
    const edits = await Promise.all([1, 2, 3, 4, 5, 9].map((id) => inspect("comments.update", at(id))));
    expect(edits.map(({ createdByAgent }) => createdByAgent)).toEqual([false, true, false, true, false, false]);
    const threads = await Promise.all([1, 2, 3, 4, 5, 9].map((id) => inspect("comments.resolve", at(id))));
    expect(threads.map(({ createdByAgent }) => createdByAgent)).toEqual([false, true, false, false, true, false]);
  });

  test("tasks, and what is of another repository", async () => {
    await call("tasks.create", { path: PR, body: { content: { raw: "Human" } } });
    await call("tasks.create", { path: PR, actor: STEP, body: { content: { raw: "Agent" } } });
    expect(await inspect("tasks.update", task(1))).toEqual({ createdByAgent: false });
    expect(await inspect("tasks.update", task(2))).toEqual({ createdByAgent: true });
    await shop.forge.createRepository("demo/other");
    const call2 = { ...callOf(operationById("tasks.update"), "demo/other", {}), path: task(2) };
    expect(await shop.forge.inspect(call2)).toEqual({ createdByAgent: false });
    expect(await shop.forge.inspect({ ...call2, repository: "../x" })).toEqual({ createdByAgent: false });
  });
});

describe("tasks", () => {
  test("create, with a comment, list, resolve, reopen and delete", async () => {
    await comment("See here");
    const made = await call("tasks.create", {
      path: PR,
      actor: STEP,
      body: { content: { raw: "Fix" }, comment: { id: 1 } },
    });
    expect(made).toMatchObject({
      status: 201,
      value: {
        id: 1,
        state: "UNRESOLVED",
        content: { raw: "Fix" },
        comment: { id: 1 },
        creator: { type: "AT_APP_USER" },
        resolved_on: null,
        resolved_by: null,
      },
    });
    expect((await call("pullrequests.get", { path: PR })).value).toMatchObject({ task_count: 1 });
    const resolved = await call("tasks.update", { path: task(1), body: { state: "RESOLVED" } });
    expect(resolved.value).toMatchObject({
      state: "RESOLVED",
      content: { raw: "Fix" },
      resolved_by: { nickname: "ann" },
    });
    expect(
      (await call("tasks.update", { path: task(1), body: { state: "UNRESOLVED", content: { raw: "Fix it" } } })).value,
    ).toMatchObject({ resolved_by: null, content: { raw: "Fix it" } });
    expect((await call("tasks.list", { path: PR })).value).toMatchObject({ size: 1, values: [{ id: 1 }] });
    expect((await call("tasks.delete", { path: task(1) })).status).toBe(204);
    expect((await call("tasks.get", { path: task(1) })).status).toBe(404);
  });

  test("bad ones", async () => {
    for (const body of [{}, { content: { raw: "" } }, { content: { raw: "x" }, comment: { id: 9 } }]) {
      expect((await call("tasks.create", { path: PR, body })).status).toBe(400);
    }
    await call("tasks.create", { path: PR, body: { content: { raw: "x" } } });
    expect((await call("tasks.update", { path: task(1), body: { state: "DONE" } })).status).toBe(400);
    expect((await call("tasks.update", { path: task(2), body: { state: "RESOLVED" } })).status).toBe(404);
  });
});
