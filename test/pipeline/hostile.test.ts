import { expect, test } from "vitest";
import { parsePipelineFile } from "../../src/pipeline/index.ts";

const MEBIBYTE = 1024 * 1024;
const VALID = "pipelines: {default: [{step: {script: [make]}}]}\n";

/** As much of `text` as stays below the limit on the file's size. */
function flood(text: string): string {
  return text.repeat(Math.floor((MEBIBYTE - 100) / text.length));
}

function numbered(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join("");
}

/** What must be found first; each input hung, overflowed or exhausted some YAML reader. */
const HOSTILE: readonly (readonly [name: string, text: string, finding: string])[] = [
  ["a file over the limit", "#".repeat(MEBIBYTE + 1), "1:1 file-too-large"],
  ["characters of three bytes over the limit", `# ${"€".repeat(MEBIBYTE / 3)}`, "1:1 file-too-large"],
  [
    "billion laughs",
    numbered(40, (i) => `a${i}: &a${i} [${i === 0 ? "x" : `*a${i - 1},`.repeat(9)}]\n`),
    "6:9 too-many-nodes",
  ],
  ["quadratic blow-up", `a: &a [${"x,".repeat(2000)}]\nb: [${"*a,".repeat(2000)}]\n`, "2:4 too-many-nodes"],
  [
    "a long chain of aliases",
    numbered(9000, (i) => `a${i}: &a${i} [${i === 0 ? "x" : `*a${i - 1}`}]\n`),
    "100:11 too-deep",
  ],
  [
    "a long chain of merges",
    numbered(9000, (i) => `a${i}: &a${i} {k${i}: v${i === 0 ? "" : `, <<: *a${i - 1}`}}\n`),
    "448:23 too-many-nodes",
  ],
  [
    "merges of a large map",
    `a: &a {${numbered(2000, (i) => `k${i}: v,`)}}\nb: [${"{<<: *a},".repeat(2000)}]`,
    "2:456 too-many-nodes",
  ],
  ["open lists", flood("["), "1:103 too-deep"],
  ["open maps", flood("{a: "), "1:406 too-deep"],
  ["compact lists", flood("- "), "1:204 too-deep"],
  ["explicit keys", flood("? "), "1:204 too-deep"],
  ["keys on one line", flood("a: "), "1:305 too-deep"],
  ["indented maps", numbered(1300, (i) => `${" ".repeat(i)}a:\n`), "102:103 too-deep"],
  ["closing brackets", flood("]"), "1:1 yaml-syntax"],
  ["commas", `[${flood(",")}]`, "1:250001 too-many-nodes"],
  ["many tags", flood("! "), "1:250001 too-many-nodes"],
  ["many anchors", flood("&a\n"), "125001:1 too-many-nodes"],
  ["many documents", flood("---\n"), "125001:1 too-many-nodes"],
  ["many distinct keys", numbered(60_000, (i) => `k${i}: v\n`), "35715:7 too-many-nodes"],
  ["a huge plain value", `a: ${flood("x")}`, "1:4 scalar-too-long"],
  ["a huge block", `a: |\n${flood(" x\n")}`, "1:4 scalar-too-long"],
  ["a huge quoted key", `? "${flood("x")}"\n: 1`, "1:3 scalar-too-long"],
  ["an alias in itself", "a: &a [*a]", "1:8 recursive-alias"],
  ["a merge of itself", "a: &a\n  <<: *a", "2:3 bad-merge"],
  ["an alias before its anchor", "a: *a\nb: &a x", "1:4 unknown-alias"],
  ["a duplicate through a merge of two spellings", `${VALID}"pipelines": {}`, "2:1 duplicate-key"],
  ["the same key as number and text", "1: a\n'1': b", "2:1 duplicate-key"],
  ["a list as key", "? [a]\n: b", "1:3 bad-key"],
  ["an alias as key", "a: &a x\n*a : y", "2:1 bad-key"],
  ["an empty key", ": x", "1:1 bad-key"],
  ["a code tag", "a: !!js/function 'x'", "1:4 unknown-tag"],
  ["a tag on a map", "a: !!python/object {}", "1:4 unknown-tag"],
  ["a verbatim tag", "a: !<tag:x> y", "1:4 unknown-tag"],
  ["an undeclared tag handle", "a: !b!c d", "1:4 unknown-tag"],
  ["binary", "a: !!binary aGk=", "1:4 unknown-tag"],
  ["a directive that changes the rules", "%YAML 1.1\n---\na: yes", "1:1 yaml-directive"],
  ["NUL", "a: x\0y", "1:5 control-character"],
  ["NUL by escape", 'a: "x\\0y"', "1:4 control-character"],
  ["an escape sequence", "# \u001b[2J", "1:3 control-character"],
  ["a C1 control", "# \u009b2J", "1:3 control-character"],
  ["half a surrogate pair", "a: \ud83d", "1:4 control-character"],
  ["half a surrogate pair by escape", 'a: "\\ud83d"', "1:4 control-character"],
  ["bytes that are not UTF-8", `a: ${new TextDecoder().decode(new Uint8Array([0xc3, 0x28]))}`, "1:4 not-utf8"],
  ["UTF-16", new TextDecoder().decode(Buffer.from(VALID, "utf16le")), "1:2 control-character"],
  ["a second document", `${VALID}---\n${VALID}`, "2:1 multiple-documents"],
  ["a key beyond 1,024 characters", `${"a".repeat(1025)}: x`, "1:1 yaml-syntax"],
  ["nothing", "", "1:1 empty-file"],
  ["a byte order mark only", "\ufeff", "1:1 empty-file"],
];

test.each(HOSTILE)("attack 36: %s", (_name, text, expected) => {
  const { pipelines, findings } = parsePipelineFile(text, "f.yml");
  expect(pipelines).toBeNull();
  expect(findings.map(({ line, column, rule }) => `${line}:${column} ${rule}`)).toContain(expected);
});

test("attack 36: a flood of findings is cut, and says so", () => {
  const { pipelines, findings } = parsePipelineFile(`a: [${"*x,".repeat(2000)}]`, "f.yml");
  expect(pipelines).toBeNull();
  expect(findings).toHaveLength(1001);
  expect(findings.at(-1)?.rule).toBe("too-many-findings");
});

test("attack 36: names from the file cannot write to the terminal, nor fill it", () => {
  const { findings } = parsePipelineFile(`"\\e[2J${"x".repeat(500)}": 1`, "f.yml");
  expect(findings[0]?.message).toContain('"\\x1b[2Jxxx');
  expect(findings[0]?.message.length).toBeLessThan(120);
});

test("a byte order mark and Windows line ends do no harm", () => {
  const { pipelines, findings } = parsePipelineFile(`\ufeff# x\r\n${VALID}`, "f.yml");
  expect(findings).toEqual([]);
  expect(pipelines?.pipelines[0]?.steps[0]?.position).toEqual({ line: 2, column: 30 });
});

test("what stays below the limits is read", () => {
  const deep = `${"[".repeat(97)}x${"]".repeat(97)}`;
  const text = `definitions: {parked: ${deep}, many: [${"x,".repeat(50_000)}]}\n${VALID}`;
  expect(parsePipelineFile(text, "f.yml").findings).toEqual([]);
});
