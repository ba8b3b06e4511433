import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judgeCommand, type BashPermissions, type Permission } from "../../../src/policy/index.ts";

/** Lines such as `git.* allow`, each with its permission last. */
function rules(byDefault: Permission | null, ...lines: readonly string[]): BashPermissions {
  const commands = lines.map((line) => {
    const cut = line.lastIndexOf(" ");
    // Sound: the lines are written here.
    return { command: line.slice(0, cut), permission: line.slice(cut + 1) as Permission };
  });
  return { default: byDefault, commands, env: [] };
}

type Case = readonly [rules: BashPermissions, command: string, Permission, decidedBy: string];

async function expectVerdict([bash, command, permission, decidedBy]: Case): Promise<void> {
  const { parts: _parts, ...verdict } = await judgeCommand(bash, command);
  expect(verdict, command).toStrictEqual({ permission, decidedBy });
}

describe("reads that need no line, and what makes them none", () => {
  const READS = [
    ...["ls", "cat of=x", "head -3 x", "echo -delete", "grep -delete x", "uniq", "uniq a", "uniq -c a", "uniq -c -d a"],
    ...["sort", "sort in-out", "sort a--output", "sort -u x", "sort --unique x"],
    ...["date", "date -u", "date +%s", "date x-s", "date x--s", "date a1", "date 1a", "date 1.a", "date -- a12"],
    ...["file x", "file a-C", "file a--compile", "file -b x", "file --brief x"],
  ];
  const NOT = [
    ...["uniq a b", "uniq a- b-", "uniq -c a b", "uniq $x", "uniq -c $x", "uniq a $x"],
    ...["sort -o x y", "sort -uo x y", "sort -T x", "sort -uT x", "sort --output=x", "sort --compress-program=x"],
    ...["sort --te=x", "sort --files0-from=x", "sort $x", "sort a$x", 'sort "a$x"', "sort -u $x x"],
    ...["date -s x", "date -us x", "date --set=x", "date 5", "date 01020304", "date 0102.3", "date 0102.30", "date $x"],
    ...["file -C", "file -m x -C", "file -zzC", "file --compile", "file $x", "file -b $x"],
  ];
  test.each(READS)("attack 9: %s", (command) =>
    expectVerdict([rules("deny"), command, "allow", `${command.split(" ")[0] ?? ""} only reads`]),
  );
  test.each(NOT)("attack 9: not %s", (command) => expectVerdict([rules("deny"), command, "deny", "bash.default"]));
});

describe("which line speaks of a command", () => {
  const made = (line: string): string => `bash.commands: ${line}`;
  const CASES: readonly Case[] = [
    // Of several, the most exact; of equally exact ones the strictest.
    [rules(null, "git.* ask", "git log.* allow"), "git log", "allow", made("git log.* allow")],
    [rules(null, "git log.* allow", "git.* ask", "git log -1 ask"), "git log -1", "ask", made("git log -1 ask")],
    [rules(null, "git log allow", "git log.* ask"), "git log", "allow", made("git log allow")],
    [rules(null, "git.* ask", "git.* allow"), "git x", "ask", made("git.* ask")],
    [rules(null, "git.* allow", "git.* ask", "git.* allow"), "git x", "ask", made("git.* ask")],
    [rules("allow", "git log.* ask"), "git", "allow", "bash.default"],
    // Blanks around and between words mean nothing.
    [rules("deny", "  npm   run.*  allow"), "npm run x", "allow", made("  npm   run.*  allow")],
    [rules("deny", " npm test  allow"), "npm test | cat", "allow", made(" npm test  allow")],
    [rules("deny", " npm 'test'  allow"), "npm 'test' | cat", "allow", made(" npm 'test'  allow")],
    [rules("deny", ' npm "a  b"  allow'), 'npm "a  b" | cat', "allow", made(' npm "a  b"  allow')],
    // An exact line is all words and no other.
    [rules("deny", "npm run test allow"), "npm run lint", "deny", "bash.default"],
    [rules("allow", "npm run test deny"), "npm run lint", "allow", "bash.default"],
    [rules("allow", "npm run test deny"), "npm run test", "deny", made("npm run test deny")],
    [rules("allow", "npm run test deny"), "npm run", "allow", "bash.default"],
    [rules("allow", "npm run test deny"), "npm run test x", "allow", "bash.default"],
    [rules("deny", "npm test.* allow"), "npm", "deny", "bash.default"],
    // A line without a word speaks of nothing.
    [rules("ask", ".* allow"), "make", "ask", "bash.default"],
    [rules("allow", "  deny"), "make", "allow", "bash.default"],
    // A denial counts whatever the path on either side.
    [rules("allow", "/usr/bin/curl.* deny"), "curl x", "deny", made("/usr/bin/curl.* deny")],
    [rules("allow", "./do.sh deny"), "../do.sh", "deny", made("./do.sh deny")],
    [rules("allow", "curl.* deny"), "wget x", "allow", "bash.default"],
    [rules("allow", "git push origin.* deny"), "git -v push -f origin x", "deny", made("git push origin.* deny")],
    [rules("allow", "git push origin.* deny"), "git origin push", "allow", "bash.default"],
    [rules("deny", "/usr/bin/git.* allow"), "git log", "deny", "bash.default"],
    // The place of a line, where it is known.
    [
      { ...rules("allow"), commands: [{ command: "make", permission: "ask", line: "Bash(make)" }] },
      "make",
      "ask",
      "Bash(make)",
    ],
    [{ default: null, commands: null, env: [] }, "make $x >y", "ask", "bash.default"],
    [{ default: "allow", commands: null, env: [] }, "env make", "allow", "bash.default"],
  ];
  test.each(CASES)("%j: %j is %s by %s", (...row) => expectVerdict(row));

  const WHOLE: readonly Case[] = [
    [rules("deny", " a | b  allow"), "\na | b ", "allow", made(" a | b  allow")],
    [rules("allow", "a | b allow", "a | b deny", "a | b ask"), "a | b", "deny", made("a | b deny")],
    [rules("allow", "a | b deny", "a | b ask"), "a | b", "deny", made("a | b deny")],
    [rules("allow", "a | b ask", "a | b allow"), "a | b", "ask", made("a | b ask")],
    [rules("deny", "a | b allow"), "a | c", "deny", "bash.default"],
  ];
  test.each(WHOLE)("the whole text: %j: %j is %s by %s", (...row) => expectVerdict(row));
});

describe("what an expansion leaves open", () => {
  const met = (line: string): string => `bash.commands: ${line}, which an expansion may meet`;
  const CASES: readonly Case[] = [
    [rules("allow", "git push.* deny"), "git $x", "ask", met("git push.* deny")],
    [rules("allow", "git push.* deny"), "git a b c d $x", "ask", met("git push.* deny")],
    [rules("allow", "git push.* ask"), "git $x", "allow", "bash.default"],
    [rules("allow", "git push.* deny"), "make $x", "allow", "bash.default"],
    [rules("allow", "git push.* deny"), "git log", "allow", "bash.default"],
    [rules("deny", "git push.* deny"), "git $x", "deny", "bash.default"],
    // An expansion may come out as no word, one, or several.
    [rules("allow", "npm publish deny"), "npm $x", "ask", met("npm publish deny")],
    [rules("allow", "npm publish deny"), "npm $x $y publish", "ask", met("npm publish deny")],
    [rules("allow", "npm publish deny"), "npm publish $x $y $z", "ask", met("npm publish deny")],
    [rules("allow", "npm publish --now deny"), "npm $x", "ask", met("npm publish --now deny")],
    [rules("allow", "npm publish deny"), "npm test $x", "allow", "bash.default"],
    [rules("allow", "npm publish deny"), "npm publish publish $x", "allow", "bash.default"],
    [rules("allow", "npm publish deny"), "npm test", "allow", "bash.default"],
    // The text of a denial counts even where its words are not known.
    [rules("allow", "npm $x deny"), "npm $x; ls", "deny", "bash.commands: npm $x deny"],
    [rules("allow", "npm $x allow", "npm $x deny"), "npm $x; ls", "deny", "bash.commands: npm $x deny"],
    [rules("allow", "$x a deny"), "$x a; ls", "deny", "bash.commands: $x a deny"],
    [rules("allow"), "env $x", "ask", "what env runs or writes is an expansion"],
    [rules("allow"), "/bin/env $x", "ask", "what env runs or writes is an expansion"],
    [rules("allow"), "dd $x", "ask", "what dd runs or writes is an expansion"],
    [rules("allow"), "dd if=x", "allow", "bash.default"],
    [rules("allow"), "make $x", "allow", "bash.default"],
    [rules("allow"), 'make "$x" a"$y"', "allow", "bash.default"],
    [rules("allow"), "alias a=$x", "ask", "what alias runs or writes is an expansion"],
    [rules("allow"), "alias a=(b)", "ask", "what alias runs or writes is an expansion"],
    [rules("allow"), "alias a=b", "allow", "bash.default"],
    [rules("allow"), "$x a", "ask", "the command's name is an expansion"],
    [rules("allow"), "env $x rm", "deny", "rm is always denied"],
    [rules("deny"), "$x a", "deny", "bash.default"],
    [rules("deny", "git.* allow"), 'git "a$x" a"b"', "allow", "bash.commands: git.* allow"],
  ];
  test.each(CASES)("attack 9: %j: %j is %s by %s", (...row) => expectVerdict(row));
});

describe("what a program runs", () => {
  const CASES: readonly Case[] = [
    [rules("allow"), "find . -name rm -exec ls {} ';'", "allow", "bash.default"],
    [rules("allow"), "find rm -exec ls rm ';'", "deny", "rm is always denied"],
    [rules("allow"), "find $x -exec rm {} ';'", "deny", "rm is always denied"],
    [rules("allow"), "find . -ok unlink {} ';'", "deny", "unlink is always denied"],
    [rules("allow"), "find . -okdir unlink {} ';'", "deny", "unlink is always denied"],
    [rules("allow"), "dd if=a of=b", "deny", "dd of= is always denied"],
    [rules("allow"), "dd if=a xof=b", "allow", "bash.default"],
    [rules("allow"), "make of=b", "allow", "bash.default"],
    [rules("allow"), "make -delete", "allow", "bash.default"],
    [rules("allow"), "make rm", "allow", "bash.default"],
    [rules("allow"), "sh -c 'env a=rm'", "allow", "bash.default"],
    [rules("allow"), "alias a=rm", "deny", "rm is always denied"],
    [rules("allow"), "sh </bin/rm", "allow", "bash.default"],
    [rules("allow"), "sh <<< $x", "allow", "bash.default"],
    [rules("allow"), "sh <<< rm", "deny", "rm is always denied"],
    [rules("allow"), "sh <<< \"r''m x\"", "deny", "rm is always denied"],
    // All arguments together are one text.
    [rules("allow", "git push.* deny"), "eval 'ls; git' push", "deny", "bash.commands: git push.* deny"],
    // A denial further on beats a question before it.
    [rules("allow", "a.* ask", "b.* deny"), "eval 'a x' 'b y'", "deny", "bash.commands: b.* deny"],
    [rules("allow", "a.* ask", "c.* ask"), "sh -c 'a x' 'c y'", "ask", "bash.commands: a.* ask"],
    [rules("ask", "sh.* allow"), "sh -c 'make'", "allow", "bash.commands: sh.* allow"],
    [rules("ask", "sh.* allow", "a.* ask"), "sh -c 'make; a'", "ask", "bash.commands: a.* ask"],
    [rules("deny", "a.* ask"), "sh -c a", "deny", "bash.default"],
  ];
  test.each(CASES)("attack 9: %j: %j is %s by %s", (...row) => expectVerdict(row));

  test("attack 9: shell in shell in shell is judged eight deep", async () => {
    await expectVerdict([rules("allow"), `${"eval ".repeat(8)}make`, "allow", "bash.default"]);
    await expectVerdict([rules("allow"), `${"eval ".repeat(9)}make`, "deny", "the command is nested too deep"]);
  });

  test("attack 9: 256 arguments are judged", async () => {
    await expectVerdict([rules("allow"), `env${" x".repeat(256)}`, "allow", "bash.default"]);
    const tooMany = "it runs too many arguments to be judged";
    await expectVerdict([rules("allow"), `env${" x".repeat(257)}`, "deny", tooMany]);
    await expectVerdict([rules("allow"), `make${" x".repeat(257)}`, "allow", "bash.default"]);
  });

  test("attack 9: 16,384 units are judged", async () => {
    await expectVerdict([rules("allow"), `make ${"x".repeat(16_379)}`, "allow", "bash.default"]);
    const tooLong = "the command is too long to be judged";
    await expectVerdict([rules("allow"), `make ${"x".repeat(16_380)}`, "deny", tooLong]);
  });
});

describe("what a text consists of", () => {
  const redirection = "redirection";
  const assignment = "an assignment";
  const otherTest = "a test, which other shells read as commands";
  const otherArithmetic = "arithmetic, which other shells read as commands";
  const substitution = "command substitution";
  const CASES: readonly (readonly [command: string, parts: readonly string[]])[] = [
    ["", []],
    ["make", ["make"]],
    ["a | b && c", ["a", "b", "c"]],
    ["A=b", [assignment]],
    ["A=b make", ["A=b make", assignment]],
    ["a >x >y <z", ["a >x >y <z", redirection]],
    ["a 2>&1", ["a 2>&1"]],
    ["a <&3", ["a <&3"]],
    ["a >&-", ["a >&-"]],
    ["a >/dev/null", ["a >/dev/null"]],
    ["a </dev/null", ["a </dev/null"]],
    ["a 2>>/dev/null", ["a 2>>/dev/null"]],
    ["a >&x", ["a >&x", redirection]],
    ["a >&12", ["a >&12", redirection]],
    ["a >&1x", ["a >&1x", redirection]],
    ["a >&x1", ["a >&x1", redirection]],
    ["a >&x-", ["a >&x-", redirection]],
    ["a >&-x", ["a >&-x", redirection]],
    ["a >&$x", ["a >&$x", redirection]],
    ["a <&$x", ["a <&$x", redirection]],
    ["a >&/dev/null", ["a >&/dev/null", redirection]],
    ["a >1", ["a >1", redirection]],
    ["a <3", ["a <3", redirection]],
    ["a >/dev/nullx", ["a >/dev/nullx", redirection]],
    ["a {fd}>/dev/null", ["a {fd}>/dev/null", redirection]],
    ["a <<< b", ["a <<< b", redirection]],
    ["a $(b)", ["a $(b)", "b", substitution]],
    ["a $((1 + x))", ["a $((1 + x))", substitution]],
    ["a ${x@P}", ["a ${x@P}", substitution]],
    ["a ${x}", ["a ${x}"]],
    ["a <(b)", ["a <(b)", "b", "process substitution"]],
    // In dash the words of a test and of arithmetic are commands.
    ["[[ a || b ]]", ["a", "b", otherTest]],
    ["x; [[ a || b ]]; y", ["x", "a", "b", "y", otherTest]],
    ["[[ a =~ (b|c) ]]", [otherTest]],
    ["((a))", ["a", otherArithmetic]],
  ];
  test.each(CASES)("attack 9: %j is %j", async (command, expected) => {
    const { parts } = await judgeCommand(rules("allow"), command);
    expect(parts.map(({ text }) => text)).toStrictEqual(expected);
    expect(parts.filter(({ permission }) => permission !== "allow")).toStrictEqual([]);
    expect(parts.map(({ decidedBy }) => decidedBy)).toStrictEqual(expected.map(() => "bash.default"));
  });

  test("attack 9: a removal in a test is one, as dash would run it", () =>
    expectVerdict([rules("allow"), "[[ a || rm ]]", "deny", "rm is always denied"]));

  test("attack 9: what is nested so deep that the parser gives up is not read", () =>
    expectVerdict([
      rules("allow"),
      `a ${"<(".repeat(400)}rm${")".repeat(400)}`,
      "deny",
      "the command cannot be parsed",
    ]));

  test("attack 9: quotes around the words change nothing about a verdict", async () => {
    const word = fc.constantFrom(
      "git",
      "push",
      "rm",
      "env",
      "sh",
      "-c",
      "find",
      "-delete",
      "npm",
      "test",
      "sort",
      "-o",
    );
    const quotes = fc.constantFrom(
      (text: string) => `'${text}'`,
      (text: string) => `"${text}"`,
      (text: string) => `\\${text}`,
    );
    const bash = rules("ask", "git.* allow", "git push.* deny", "npm test allow");
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(word, quotes), { minLength: 1, maxLength: 6 }), async (words) => {
        const plain = await judgeCommand(bash, words.map(([text]) => text).join(" "));
        const quoted = await judgeCommand(bash, words.map(([text, quote]) => quote(text)).join("  "));
        expect([quoted.permission, quoted.decidedBy]).toStrictEqual([plain.permission, plain.decidedBy]);
      }),
      { numRuns: 300 },
    );
  });

  test("what cannot be read is one part", async () => {
    const part = { permission: "deny", decidedBy: "the command cannot be parsed" } as const;
    expect(await judgeCommand(rules("allow"), "make '")).toStrictEqual({
      ...part,
      parts: [{ text: "make '", ...part }],
    });
  });

  test("the words of the verdict about each kind of text", async () => {
    await expectVerdict([rules("allow"), "make\u00a0x", "deny", "the command contains characters that are not seen"]);
    const { parts } = await judgeCommand(rules("ask"), "make $(make) >x");
    expect(parts.map(({ decidedBy }) => decidedBy)).toStrictEqual([
      "bash.default",
      "bash.default",
      "bash.default, for command substitution",
      "bash.default, for redirection",
    ]);
  });
});
