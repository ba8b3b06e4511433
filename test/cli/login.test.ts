import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readCredential } from "../../src/secrets/index.ts";
import { makeRoom } from "./sallyport.ts";

const KEY = "sk-ant-api03-aVeryPrivateKey";

test("attack 5: the key comes from standard input, is printed nowhere, and is stored for its owner alone", async () => {
  await using room = await makeRoom();
  const ended = await room.sallyport(["login", "anthropic"], { stdin: `${KEY}\n` });
  expect(ended).toEqual({ code: 0, stdout: "stored the key for anthropic\n", stderr: "" });
  const file = join(room.home, "credentials/anthropic.json");
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readFile(file, "utf8")).toContain(KEY);
  expect(readCredential(room.home, "anthropic")?.key.reveal()).toBe(KEY);
});

test("another address is kept with the key", async () => {
  await using room = await makeRoom();
  const args = ["login", "openai", "--base-url", "http://127.0.0.1:8080/v1/"];
  expect((await room.sallyport(args, { stdin: KEY })).code).toBe(0);
  expect(readCredential(room.home, "openai")?.baseUrl).toBe("http://127.0.0.1:8080/v1");
});

test.each([
  ["", "the key must be one line"],
  [`${KEY}\n${KEY}`, "the key must be one line"],
  [`${KEY} and more`, "the key must be one line"],
  [`${KEY}\u00e9`, "the key must be one line"],
])("a key that is none is refused without being shown: %j", async (stdin, says) => {
  await using room = await makeRoom();
  const ended = await room.sallyport(["login", "anthropic"], { stdin });
  expect(ended).toMatchObject({ code: 2, stdout: "" });
  expect(ended.stderr).toContain(says);
  expect(ended.stderr).not.toContain(KEY);
  expect(readCredential(room.home, "anthropic")).toBeNull();
});

test.each([
  ["ftp://127.0.0.1/"],
  ["not an address"],
  ["http://models.example/v1"],
  ["http://127.0.0.1.models.example/"],
  ["http://notlocalhost/"],
  ["https://user:hunter2@models.example/"],
  ["https://models.example/?key=hunter2"],
])("an address that would carry the key in clear, or holds one, is refused: %s", async (address) => {
  await using room = await makeRoom();
  const ended = await room.sallyport(["login", "anthropic", "--base-url", address], { stdin: KEY });
  expect(ended).toMatchObject({ code: 2, stdout: "" });
  expect(ended.stderr).not.toContain("hunter2");
});
