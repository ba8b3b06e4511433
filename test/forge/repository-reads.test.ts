import { afterEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/policy/index.ts";
import { ask, openForge, openShop, REPOSITORY, type Opened } from "./open-forge.ts";
import { symlinkSync } from "node:fs";
import { join } from "node:path";

const open: Opened[] = [];
afterEach(async () => {
  for (const resource of open.splice(0)) await resource[Symbol.asyncDispose]();
});
async function shopWith(options: Parameters<typeof openShop>[0] = {}): Promise<Opened> {
  const shop = await openShop(options);
  open.push(shop);
  return shop;
}

test("the repository and its branches", async () => {
  const shop = await shopWith();
  expect((await ask(shop, "repository.get")).value).toMatchObject({
    type: "repository",
    full_name: REPOSITORY,
    slug: "shop",
    mainbranch: { name: "main" },
  });
  expect((await ask(shop, "branches.list", { query: { pagelen: "1" } })).value).toMatchObject({
    size: 2,
    values: [{ name: "main" }],
  });
  expect((await ask(shop, "branches.get", { path: { name: "work" } })).value).toMatchObject({
    target: { hash: await shop.git(["rev-parse", "work"]) },
  });
  for (const name of ["none", "--all", "../main", "work~1"])
    expect((await ask(shop, "branches.get", { path: { name } })).status).toBe(404);
});

test("commits", async () => {
  const shop = await shopWith();
  const main = await shop.git(["rev-parse", "main"]);
  expect((await ask(shop, "commits.list")).value).toMatchObject({
    size: 1,
    values: [{ hash: main, message: "Begin\n", author: { raw: "ann <ann@example.com>" }, parents: [] }],
  });
  expect((await ask(shop, "commits.listAt", { path: { revision: "work" } })).value).toMatchObject({
    size: 2,
    values: [{ parents: [{ hash: main }] }, { hash: main }],
  });
  expect(
    (await ask(shop, "commits.listAt", { path: { revision: "work" }, query: { page: "2", pagelen: "1" } })).value,
  ).toMatchObject({ page: 2, values: [{ hash: main }] });
  expect((await ask(shop, "commits.get", { path: { commit: main.slice(0, 8) } })).value).toMatchObject({ hash: main });
  for (const commit of ["none", "--output=/tmp/x", "main..work", "HEAD"]) {
    expect((await ask(shop, "commits.get", { path: { commit } })).status).toBe(404);
    expect((await ask(shop, "commits.listAt", { path: { revision: commit } })).status).toBe(404);
  }
  const empty = await openForge();
  open.push(empty);
  await empty.forge.createRepository(REPOSITORY);
  expect((await ask(empty, "commits.list")).value).toMatchObject({ size: 0, values: [] });
});

test("sources: files, folders, and links as what they are", async () => {
  const shop = await shopWith();
  symlinkSync("/etc/passwd", join(shop.clone, "link"));
  await shop.git(["add", "."]);
  await shop.git(["commit", "--quiet", "-m", "Link"]);
  await shop.forge.importRepository({ name: REPOSITORY, from: shop.clone });
  const source = (path: string, commit = "main") => ask(shop, "src.get", { path: { commit, path } });
  expect((await source("src/cart.js")).text).toBe("export const total = 1;\n");
  expect((await source("src/cart.js", "work")).text).toContain("tax");
  expect((await source("link")).text).toBe("/etc/passwd");
  expect((await source("src")).value).toMatchObject({
    size: 1,
    values: [{ type: "commit_file", path: "src/cart.js", size: 24, attributes: [] }],
  });
  for (const path of ["none", "link/passwd", "src/cart.js/x"]) expect((await source(path)).status).toBe(404);
});

describe("build statuses", () => {
  test("posted, replaced by key, updated and listed", async () => {
    const shop = await shopWith();
    const path = { commit: await shop.git(["rev-parse", "work"]) };
    const post = (body: JsonObject) => ask(shop, "statuses.create", { path, body });
    expect(await post({ key: "ci", state: "INPROGRESS", url: "https://ci.example/1" })).toMatchObject({
      status: 201,
      value: { type: "build", key: "ci", name: "ci", state: "INPROGRESS" },
    });
    await post({ key: "ci", state: "FAILED" });
    await post({ key: "lint", state: "SUCCESSFUL" });
    expect((await ask(shop, "commits.statuses", { path })).value).toMatchObject({
      size: 2,
      values: [{ key: "ci", state: "FAILED" }, { key: "lint" }],
    });
    const updated = await ask(shop, "statuses.update", {
      path: { ...path, key: "ci" },
      body: { description: "3 of 4" },
    });
    expect(updated.value).toMatchObject({ state: "FAILED", description: "3 of 4" });
    expect((await ask(shop, "statuses.update", { path: { ...path, key: "none" }, body: {} })).status).toBe(404);
    for (const body of [
      { state: "FAILED" },
      { key: "x" },
      { key: "x", state: "GREEN" },
      { key: "x".repeat(41), state: "FAILED" },
    ]) {
      expect((await post(body)).status).toBe(400);
    }
  });
});

test("pipelines come from whoever keeps the runs", async () => {
  const shop = await shopWith({
    pipelines: {
      list: async (repository) => [{ type: "pipeline", uuid: "{1}", repository: { full_name: repository } }],
      stepLog: async (_repository, pipeline, step) =>
        pipeline === "{1}" && step === "{2}" ? Buffer.from("line\n") : null,
    },
  });
  expect((await ask(shop, "pipelines.list")).value).toMatchObject({
    size: 1,
    values: [{ repository: { full_name: REPOSITORY } }],
  });
  expect((await ask(shop, "pipelines.stepLog", { path: { pipeline_uuid: "{1}", step_uuid: "{2}" } })).text).toBe(
    "line\n",
  );
  expect((await ask(shop, "pipelines.stepLog", { path: { pipeline_uuid: "{1}", step_uuid: "{3}" } })).status).toBe(404);
});
