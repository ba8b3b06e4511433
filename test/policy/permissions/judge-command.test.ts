import { execFile } from "node:child_process";
import { access, chmod, copyFile, mkdtemp, rm, symlink, writeFile, mkdir } from "node:fs/promises";
import { constants } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bashRulesOf, judgeCommand, type BashPermissions, type Permission } from "../../../src/policy/index.ts";
import { REMOVALS, UNKNOWABLE, UNREADABLE } from "./hostile-commands.ts";

function rules(byDefault: Permission | null, ...lines: readonly string[]): BashPermissions {
  const commands = lines.map((line) => {
    const cut = line.lastIndexOf(" ");
    // The lines are written here.
    return { command: line.slice(0, cut), permission: line.slice(cut + 1) as Permission };
  });
  return { default: byDefault, commands, env: [] };
}

const GIT_ONLY = rules(null, "git.* allow");
/** As wide as rules can be. */
const WIDE = rules("allow", "git.* allow", "rm.* allow", "env.* allow", "sh.* allow", "rm victim allow");

describe("attack 9: an allowed command carries another one along", () => {
  test("the table is long enough to mean something", () => {
    expect(REMOVALS.length + UNKNOWABLE.length).toBeGreaterThanOrEqual(40);
  });

  test.each(REMOVALS.map(({ command }) => command))("attack 9: denied under every rule: %j", async (command) => {
    for (const bash of [GIT_ONLY, WIDE, rules("allow"), rules("deny")]) {
      expect((await judgeCommand(bash, command)).permission).toBe("deny");
    }
  });

  test.each(UNKNOWABLE.map(({ command }) => command))("attack 9: not allowed by git.*: %j", async (command) => {
    expect((await judgeCommand(GIT_ONLY, command)).permission).toBe("ask");
    expect((await judgeCommand({ ...GIT_ONLY, default: "deny" }, command)).permission).toBe("deny");
  });

  test.each(UNREADABLE)("attack 9: unreadable is denied: %j", async (command) => {
    for (const bash of [GIT_ONLY, WIDE, rules("allow")]) {
      expect((await judgeCommand(bash, command)).permission).toBe("deny");
    }
  });
});

describe("what the rules say about an ordinary command", () => {
  const CASES: readonly (readonly [title: string, BashPermissions, command: string, Permission, decidedBy: string])[] =
    [
      ["nothing said", rules(null), "make", "ask", "bash.default"],
      ["the default", rules("allow"), "make", "allow", "bash.default"],
      ["the default denies", rules("deny"), "make", "deny", "bash.default"],
      ["a read", rules("deny"), "ls -la src", "allow", "ls only reads"],
      ["a read of an expansion", rules("deny"), 'echo "$HOME" *.ts', "allow", "echo only reads"],
      ["a read that is denied", rules("allow", "cat.* deny"), "cat x", "deny", "bash.commands: cat.* deny"],
      ["a read that asks", rules("allow", "cat.* ask"), "cat x", "ask", "bash.commands: cat.* ask"],
      ["sort that writes", rules("deny"), "sort -uo x y", "deny", "bash.default"],
      ["sort that reads", rules("deny"), "sort -u x", "allow", "sort only reads"],
      ["any arguments", rules("deny", "git.* allow"), "git log --oneline -3", "allow", "bash.commands: git.* allow"],
      ["no arguments", rules("deny", "git.* allow"), "git", "allow", "bash.commands: git.* allow"],
      ["another program that begins so", rules("deny", "git.* allow"), "gitk", "deny", "bash.default"],
      ["another program of that name", rules("deny", "git.* allow"), "./git log", "deny", "bash.default"],
      ["exactly", rules("deny", "npm test allow"), "npm test", "allow", "bash.commands: npm test allow"],
      ["exactly, with quotes", rules("deny", "npm test allow"), "npm 'test'", "allow", "bash.commands: npm test allow"],
      ["not exactly", rules("deny", "npm test allow"), "npm test -- --update", "deny", "bash.default"],
      ["two words and any", rules("deny", "npm run.* allow"), "npm run x", "allow", "bash.commands: npm run.* allow"],
      ["two words, one other", rules("deny", "npm run.* allow"), "npm publish", "deny", "bash.default"],
      [
        "deny beats allow",
        rules("allow", "git.* allow", "git push.* deny"),
        "git push",
        "deny",
        "bash.commands: git push.* deny",
      ],
      [
        "deny beats exact allow",
        rules("allow", "git push allow", "git.* deny"),
        "git push",
        "deny",
        "bash.commands: git.* deny",
      ],
      [
        "deny with options between",
        rules("allow", "git push.* deny"),
        "git -C x push",
        "deny",
        "bash.commands: git push.* deny",
      ],
      ["deny by path", rules("allow", "curl.* deny"), "/usr/bin/curl x", "deny", "bash.commands: curl.* deny"],
      ["deny behind env", rules("allow", "curl.* deny"), "env A=b curl x", "deny", "bash.commands: curl.* deny"],
      ["deny in a shell", rules("allow", "curl.* deny"), "sh -c 'ls; curl x'", "deny", "bash.commands: curl.* deny"],
      ["ask in a shell", rules("allow", "curl.* ask"), "sh -c 'ls; curl x'", "ask", "bash.commands: curl.* ask"],
      [
        "what an expansion may meet",
        rules("allow", "git push.* deny"),
        "git $x",
        "ask",
        "bash.commands: git push.* deny, which an expansion may meet",
      ],
      [
        "the more exact line",
        rules(null, "git.* ask", "git status allow"),
        "git status",
        "allow",
        "bash.commands: git status allow",
      ],
      [
        "the longer line",
        rules(null, "git log.* allow", "git.* ask"),
        "git log -1",
        "allow",
        "bash.commands: git log.* allow",
      ],
      [
        "of two equal lines the stricter",
        rules(null, "git.* allow", "git.* ask"),
        "git",
        "ask",
        "bash.commands: git.* ask",
      ],
      [
        "all parts allowed",
        rules("deny", "git.* allow"),
        "git log | head -3 && echo done",
        "allow",
        "bash.commands: git.* allow",
      ],
      [
        "one part denied",
        rules(null, "git.* allow", "npm.* deny"),
        "git log && npm i",
        "deny",
        "bash.commands: npm.* deny",
      ],
      ["a redirection", rules("deny", "git.* allow"), "git log >x", "deny", "bash.default, for redirection"],
      ["a redirection, by default allowed", rules("allow"), "make >x", "allow", "bash.default"],
      [
        "a redirection to nowhere",
        rules("deny", "git.* allow"),
        "git log >/dev/null 2>&1",
        "allow",
        "bash.commands: git.* allow",
      ],
      [
        "a substitution",
        rules("deny", "git.* allow"),
        "git log $(git rev-parse x)",
        "deny",
        "bash.default, for command substitution",
      ],
      [
        "the whole text has a line",
        rules("deny", "git log >x && ls allow"),
        "git log >x && ls",
        "allow",
        "bash.commands: git log >x && ls allow",
      ],
      [
        "the whole text has a line, a part is denied",
        rules("deny", "make && git push allow", "git push.* deny"),
        "make && git push",
        "deny",
        "bash.commands: git push.* deny",
      ],
      [
        "the whole text is denied",
        rules("allow", "make && make install deny"),
        "make && make install",
        "deny",
        "bash.commands: make && make install deny",
      ],
      ["a name that is an expansion", rules("allow"), "$x", "ask", "the command's name is an expansion"],
      ["always denied", rules("allow", "rm.* allow"), "rm x", "deny", "rm is always denied"],
      [
        "the word rm is no rm",
        rules("deny", "git.* allow"),
        "git rm x && echo rm",
        "allow",
        "bash.commands: git.* allow",
      ],
      ["find that finds", rules("allow"), "find . -name rm", "allow", "bash.default"],
      ["nothing", rules("deny"), "", "allow", "nothing to run"],
      ["a comment", rules("deny"), "# rm x", "allow", "nothing to run"],
      ["unreadable", rules("allow"), "echo '", "deny", "the command cannot be parsed"],
    ];

  test.each(CASES)("%s", async (_title, bash, command, permission, decidedBy) => {
    expect(await judgeCommand(bash, command)).toMatchObject({ permission, decidedBy });
  });

  test("each part has its own verdict", async () => {
    const { parts } = await judgeCommand(rules(null, "git.* allow"), "git log | rm x >y");
    expect(parts.map(({ text, permission }) => [text, permission])).toEqual([
      ["git log", "allow"],
      ["rm x >y", "deny"],
      ["redirection", "ask"],
    ]);
  });

  test("a denial of the tool bash denies every command", async () => {
    const bash = bashRulesOf({ bash: rules("allow"), tools: { bash: { permission: "deny" } } });
    expect(bash && (await judgeCommand(bash, "ls")).permission).toBe("allow");
    expect(bash && (await judgeCommand(bash, "make")).permission).toBe("deny");
    expect(bashRulesOf({ tools: {} })).toBeNull();
  });
});

const SHELL_PIECES =
  "git rm ls env sh -c eval find -exec xargs ; && || | & ( ) { } $( ) ` ' \" \\ $ ${ } $x # <<EOF EOF << < > [[ ]] (( )) if then fi case esac in for do done f() = * ? \n".split(
    " ",
  );

describe("any text", () => {
  const anyText = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.array(fc.constantFrom(...SHELL_PIECES), { maxLength: 30 }).map((pieces) => pieces.join(" ")),
    fc.array(fc.constantFrom(...SHELL_PIECES), { maxLength: 30 }).map((pieces) => pieces.join("")),
  );

  test("never throws, and one more denial never allows more", async () => {
    const order: readonly Permission[] = ["allow", "ask", "deny"];
    await fc.assert(
      fc.asyncProperty(anyText, async (command) => {
        const before = await judgeCommand(WIDE, command);
        const after = await judgeCommand(
          { ...WIDE, commands: [...(WIDE.commands ?? []), { command: "git.*", permission: "deny" }] },
          command,
        );
        expect(order.indexOf(after.permission)).toBeGreaterThanOrEqual(order.indexOf(before.permission));
      }),
      { numRuns: 2_000 },
    );
  });

  test("attack 9: nothing that follows makes a removal pass", async () => {
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        expect((await judgeCommand(rules("allow"), `rm victim\n${text}`)).permission).toBe("deny");
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("the hostile spellings do what the table says, in a real shell", () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sallyport-spellings-"));
    await mkdir(join(folder, "bin"));
    for (const name of ["rm", "git"]) {
      // The one that is called `rm` leaves its mark and removes nothing; git fails, so that what follows || runs.
      const body = name === "rm" ? `: >'${folder}/mark'` : "exit 1";
      await writeFile(join(folder, "bin", name), `#!/bin/sh\n${body}\n`);
      await chmod(join(folder, "bin", name), 0o755);
    }
    const programs = "ls cat echo printf env nohup nice timeout setsid xargs find sh bash true sleep".split(" ");
    for (const name of programs) {
      const found = ["/usr/bin", "/bin"].map((place) => join(place, name));
      for (const path of found) await symlink(path, join(folder, "bin", name)).catch(() => undefined);
    }
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function removes({ command, shell }: { readonly command: string; readonly shell: string }): Promise<boolean> {
    const work = await mkdtemp(join(folder, "work-"));
    await writeFile(join(work, "victim"), "");
    await copyFile(join(folder, "bin/rm"), join(work, "git"), constants.COPYFILE_EXCL);
    await chmod(join(work, "git"), 0o755);
    const environment = { PATH: join(folder, "bin"), HOME: work };
    // Our git fails, and what stands behind && is to run.
    const text = command.replace("git status &&", "true &&");
    await promisify(execFile)(`/bin/${shell}`, ["-c", text], { cwd: work, env: environment, timeout: 20_000 }).catch(
      () => undefined,
    );
    // What runs beside the shell may end after it.
    for (let tries = 0; tries < 50; tries += 1) {
      const there = await access(join(folder, "mark")).then(
        () => true,
        () => false,
      );
      if (there) {
        await rm(join(folder, "mark"));
        return true;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return false;
  }

  const carriedOut = [...REMOVALS, ...UNKNOWABLE].flatMap(({ command, shell }) =>
    shell === null ? [] : [{ command, shell }],
  );

  test("attack 9: every one of them runs rm", { timeout: 120_000 }, async () => {
    const failed: string[] = [];
    for (const spelling of carriedOut) if (!(await removes(spelling))) failed.push(spelling.command);
    expect(failed).toEqual([]);
  });

  test("a harmless one leaves no mark", async () => {
    expect(await removes({ command: "echo rm victim", shell: "bash" })).toBe(false);
  });
});

test("attack 9: tests nested in tests are denied instead of read a million times", async () => {
  const nested = (levels: number): string => (levels === 0 ? "true" : `[[ -n $( ${nested(levels - 1)} ) ]]`);
  const open = { default: "allow", commands: [], env: [] } as const;
  for (const levels of [20, 60]) {
    expect(await judgeCommand(open, nested(levels))).toMatchObject({ permission: "deny" });
  }
  expect(await judgeCommand(open, nested(2))).not.toMatchObject({ permission: "deny" });
});
