import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/commands.table.ts";
import { makeRoom, type Room } from "./sallyport.ts";

let room: Room;
beforeAll(async () => {
  room = await makeRoom();
});
afterAll(() => room[Symbol.asyncDispose]());

type Row = readonly [args: readonly string[], code: number, says: string];

/** Every row ends before anything is started. */
const REFUSED: readonly Row[] = [
  [["frobnicate"], 2, 'there is no command "frobnicate"; see `sallyport help`.'],
  [["rnu", "default"], 2, 'there is no command "rnu"'],
  [["logz"], 2, "did you mean logs?"],
  [["pr", "shw", "1"], 2, "did you mean pr show?"],
  [["audit"], 2, "audit needs one more word: audit verify, audit export."],
  [["audit", "signals"], 2, 'there is no command "audit signals"'],
  [["explain"], 2, 'there is no command "explain"'],
  [["approvals"], 2, 'there is no command "approvals"'],
  [["mcp", "pin"], 2, 'there is no command "mcp"'],
  [["--frob"], 2, "there is no option --frob before a command"],
  [["help", "nothing"], 2, 'there is no command "nothing"'],
  [["runs", "--jsno"], 2, "runs has no option --jsno; did you mean --json?"],
  [["runs", "-x"], 2, "runs has no option -x"],
  [["runs", "--json=yes"], 2, "--json takes no value."],
  [["runs", "surplus"], 2, 'runs does not take the argument "surplus"'],
  [["runs", "--constructor"], 2, "runs has no option --constructor"],
  [["show"], 2, "show needs RUN"],
  [["run", "--repo"], 2, "--repo needs a value."],
  [["run", "--repo", "--json"], 2, "--repo needs a value; for one that starts with a dash write --repo=--json."],
  [["run", "--repo", "a", "--repo", "b"], 2, "--repo is given twice."],
  [["run", "--var", "no-equals"], 2, "--var is written NAME=VALUE."],
  [["run", "--var", "1A=b"], 2, "--var is written NAME=VALUE."],
  [["run", "--var", "A=b", "--var", "A=c"], 2, "--var A is given twice."],
  [["run", "--pr", "one"], 2, '--pr is a whole number from 1, not "one".'],
  [["run", "--pr", "0"], 2, "--pr is a whole number from 1"],
  [["run", "--provider", "gemini"], 2, "--provider is one of rovodev, claude, codex, script"],
  [["run", "--box", "chroot"], 2, "--box is one of auto, bwrap, docker, podman"],
  [["run", "--box", "docker"], 3, "containers come later"],
  [["run", "--box", "podman"], 3, "containers come later"],
  [["run", "--file", "/etc/passwd"], 2, "--file is a path below the clone"],
  [["run", "--file", "../other.yml"], 2, "--file is a path below the clone"],
  [["run", "--dry-run"], 2, "--dry-run is not available in this version"],
  [["run", "--resume", "7f3a"], 2, "--resume is not available in this version"],
  [["run"], 2, "is not in a git repository"],
  [["run", "--repo", "nowhere"], 2, "there is no folder"],
  [["pr", "list"], 2, "is not in a git repository"],
  [["pr", "show", "x"], 2, "N is a whole number from 1"],
  [["pr", "list", "--state", "CLOSED"], 2, "--state is one of OPEN, MERGED, DECLINED, SUPERSEDED"],
  [["pr", "create", "--source", "a"], 2, "pr create needs --title."],
  [["pr", "comment", "1", " "], 2, "the comment is empty"],
  [["pr", "merge", "1", "--strategy", "rebase"], 2, "--strategy is one of merge_commit, squash, fast_forward"],
  [["lint", "missing.yml"], 2, "there is no file missing.yml"],
  [["lint", "--format", "sarif"], 2, "--format is one of text, json"],
  [["lint", "--fail-on", "never"], 2, "--fail-on is one of error, warning, info"],
  [["audit", "verify", "no-such-file"], 2, "there is no run and no file no-such-file."],
  [["login", "gemini"], 2, "a key belongs to one of anthropic, openai"],
  [["login", "claude"], 2, "run: sallyport login anthropic"],
];

describe("bad input is one sentence on standard error, nothing on standard output, and its exit code", () => {
  test.each(REFUSED)("sallyport %j exits %i", async (args, code, says) => {
    const ended = await room.sallyport(args);
    expect(ended.stderr).toContain(says);
    expect(ended.stderr).toMatch(/^sallyport: [^\n]+\n$/);
    expect(ended.stdout).toBe("");
    expect(ended.code).toBe(code);
  });
});

test("hostile words are shown inert", async () => {
  const ended = await room.sallyport(["\x1b]0;owned\x07\u202e"]);
  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain("\\x1b]0;owned\\x07\\u202e");
  expect(ended.stderr).not.toMatch(/[\x1b\x07\u202e]/);
});

test("without arguments the help goes to standard error", async () => {
  const ended = await room.sallyport([]);
  expect(ended).toMatchObject({ code: 2, stdout: "" });
  expect(ended.stderr).toContain("usage: sallyport COMMAND");
});

test.each([["--help"], ["-h"], ["help"]])("%s lists every command once", async (word) => {
  const ended = await room.sallyport([word]);
  expect(ended).toMatchObject({ code: 0, stderr: "" });
  for (const { name } of COMMANDS) expect(ended.stdout.split(`\n  ${name} `)).toHaveLength(2);
});

test("a command's help is asked for in two ways, and a group has its own", async () => {
  const [after, before, group] = await Promise.all([
    room.sallyport(["pr", "create", "--nonsense", "--help"]),
    room.sallyport(["help", "pr", "create"]),
    room.sallyport(["pr", "--help"]),
  ]);
  expect(after).toEqual(before);
  expect(after.stdout).toContain("usage: sallyport pr create [--repo DIR] [--source BRANCH]");
  expect(group.stdout).toContain("pr request-changes");
});

test("--version prints the package's version", async () => {
  expect(await room.sallyport(["--version"])).toEqual({ code: 0, stdout: "0.1.0\n", stderr: "" });
});

const INVALID = "pipelines:\n  default:\n    - step:\n        scrpit:\n          - echo hi\n";
const VALID = "pipelines:\n  default:\n    - step:\n        script:\n          - echo hi\n";

describe("lint", () => {
  test("prints a finding a line with its place, and exits 2", async () => {
    await writeFile(join(room.folder, "invalid.yml"), INVALID);
    const ended = await room.sallyport(["lint", "invalid.yml"]);
    expect(ended.code).toBe(2);
    expect(ended.stdout).toMatch(/^invalid\.yml:4:9: error\[unknown-key\] .*\n/);
    expect(ended.stderr).toBe("");
  });

  test("prints nothing for a good file", async () => {
    await writeFile(join(room.folder, "valid.yml"), VALID);
    expect(await room.sallyport(["lint", "valid.yml"])).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  test("counts warnings only when asked to", async () => {
    await writeFile(join(room.folder, "hidden.yml"), VALID.replace("echo hi", "echo h\u202ei"));
    const [lenient, strict] = await Promise.all([
      room.sallyport(["lint", "hidden.yml"]),
      room.sallyport(["lint", "hidden.yml", "--fail-on", "warning"]),
    ]);
    expect([lenient.code, strict.code]).toEqual([0, 2]);
    expect(strict.stdout).not.toContain("\u202e");
  });

  test("prints one JSON document and nothing else", async () => {
    await writeFile(join(room.folder, "one.yml"), INVALID);
    const ended = await room.sallyport(["lint", "one.yml", "--format", "json"]);
    expect(JSON.parse(ended.stdout)).toMatchObject({ findings: [{ file: "one.yml", line: 4 }, {}] });
    expect(ended).toMatchObject({ code: 2, stderr: "" });
  });
});
