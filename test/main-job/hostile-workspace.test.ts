import { chownSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makePlace, runOf, type Place } from "./place.ts";

/** A step whose script is a Python program, with an after-script that shows that a second box still starts. */
function place(program: string): Place {
  return makePlace({
    "bitbucket-pipelines.yml": `pipelines:
  custom:
    work:
      - step:
          script: [python3 hostile.py]
          after-script: [echo after it]
`,
    "hostile.py": program,
  });
}

test("attack 27: a name that is no UTF-8 does not end the run", async () => {
  using hostile = place(`open(b"bad\\xff\\xfename", "w").write("x")\n`);
  const ended = await hostile.sallyport("run", "custom/work");
  expect(ended.stderr).toContain("after it");
  expect(ended.code).toBe(0);
  expect(readdirSync(join(hostile.home, "runs", runOf(ended)))).toEqual(["step-1.log"]);
});

test("attack 27: folders deeper than any path reaches are removed, and the run ends like any other", async () => {
  const name = "d".repeat(50);
  const deeper = `    os.mkdir("${name}"); os.chdir("${name}")\n    open("file", "w").close()\n`;
  using hostile = place(`import os\nfor depth in range(1000):\n${deeper}os.chmod(".", 0)\n`);
  const ended = await hostile.sallyport("run", "custom/work");
  expect(ended.stderr).toContain("after it");
  expect(ended.code).toBe(0);
  expect(readdirSync(join(hostile.home, "runs", runOf(ended)))).toEqual(["step-1.log"]);
});

test("attack 27: a flood of output ends in the view where it ends in the log", async () => {
  const flood = `line = b"x" * 1023 + b"\\n"\nimport os\nfor _ in range(60 * 1024): os.write(1, line)\n`;
  using hostile = place(flood);
  const ended = await hostile.sallyport("run", "custom/work");
  expect(ended.code).toBe(0);
  expect(ended.stderr.length).toBeLessThan(52_000_000);
  expect(ended.stderr.length).toBeGreaterThan(49_000_000);
  expect(ended.stderr).toContain("the log ends here");
});

test("attack 28: a clone's own setting of its work tree does not bring another folder into a box", async () => {
  using hostile = place("");
  const elsewhere = join(hostile.root, "elsewhere");
  mkdirSync(elsewhere);
  for (const folder of [elsewhere, hostile.root]) {
    hostile.git("config", "core.worktree", folder);
    const ended = await hostile.sallyport("run", "custom/work");
    expect(ended.stderr).toContain("work tree");
    expect(ended.code).toBe(4);
  }
  expect(existsSync(join(hostile.home, "runs"))).toBe(false);
});

test.skipIf(process.getuid?.() !== 0)(
  "attack 29: another user's clone is refused, unless git's own list has it",
  async () => {
    using hostile = place("");
    chownSync(join(hostile.clone, ".git"), 12_345, 12_345);
    const refused = await hostile.sallyport("run", "custom/work");
    expect(refused.stderr).toContain("belongs to another user");
    expect(refused.code).toBe(4);
    hostile.write({ "../.gitconfig": `[safe]\n\tdirectory = ${hostile.clone}\n` });
    expect((await hostile.sallyport("run", "custom/work")).code).toBe(0);
  },
);
