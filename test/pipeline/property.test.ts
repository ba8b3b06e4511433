import fc from "fast-check";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import {
  parsePipelineFile,
  reviewedTextPaths,
  selectForPush,
  selectPlan,
  stepDigest,
} from "../../src/pipeline/index.ts";

const CASES = join(import.meta.dirname, "../cases");
const TEXTS = readdirSync(CASES).map((name) => readFileSync(join(CASES, name, "bitbucket-pipelines.yml"), "utf8"));
const VALID = TEXTS.filter((text) => text.length < 5000 && parsePipelineFile(text, "f.yml").pipelines !== null);

/** Reads any text to the end: the file, every plan in it, their digests. Returns whether there was a plan. */
function readAll(text: string): boolean {
  const { pipelines, findings } = parsePipelineFile(text, "f.yml");
  const lines = text.split("\n").length;
  for (const { line, column, message, fix } of findings) {
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(message).not.toMatch(/\p{Cc}/u);
    expect(fix).not.toMatch(/\p{Cc}/u);
  }
  expect(pipelines === null).toBe(findings.some((finding) => finding.severity === "error"));
  for (const { kind, name } of pipelines?.pipelines ?? []) {
    if (pipelines === null) continue;
    const selected = selectPlan(pipelines, kind === "default" ? kind : `${kind}/${name}`);
    expect(selected.plan === null).toBe(selected.findings.length > 0);
    for (const step of selected.plan?.steps ?? []) {
      expect(stepDigest(step)).toMatch(/^[0-9a-f]{64}$/);
      for (const path of reviewedTextPaths(step)) expect(path).not.toMatch(/^\/|(?:^|\/)\.\.(?:\/|$)|\0/);
    }
    selectForPush(pipelines, name);
  }
  return pipelines !== null;
}

test("any text is read to findings with a place, or to plans", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => void readAll(text)),
    { numRuns: 1000 },
  );
});

test("any text of YAML's own marks is read", () => {
  const mark = fc.constantFrom(
    ...Array.from("-?:,[]{}#&*!|>'\"%@`\n \t~ax<."),
    "<<: ",
    "&a ",
    "*a",
    "- ",
    "a: ",
    "---\n",
    "!!str ",
    "\n  ",
  );
  const text = fc.array(mark, { maxLength: 60 }).map((marks) => marks.join(""));
  fc.assert(
    fc.property(text, (marks) => void readAll(marks)),
    { numRuns: 3000 },
  );
});

test("a real file with a piece cut out, doubled or replaced is read", () => {
  let plans = 0;
  const edit = fc.record({
    text: fc.constantFrom(...VALID),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.oneof(fc.nat(3), fc.nat(30)),
    piece: fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.constantFrom("\n", "  ", "- ", ": ", "*a", "<<: *a", "\0", "'", '"'),
    ),
  });
  fc.assert(
    fc.property(edit, ({ text, at, length, piece }) => {
      const from = Math.floor(at * text.length);
      if (readAll(text.slice(0, from) + piece + text.slice(from + length))) plans += 1;
    }),
    { numRuns: 1000 },
  );
  expect(plans).toBeGreaterThan(20);
});

const WORDS = [
  ..."pipelines default branches tags pull-requests custom step script after-script parallel stage steps variables".split(
    " ",
  ),
  ..."name agent prompt skill provider config path overrides toolPermissions tools permission arguments glob".split(
    " ",
  ),
  ..."max-length max-calls auth system scopes artifacts paths download upload clone depth enabled max-time options".split(
    " ",
  ),
  ..."definitions agents pipe import destinations allowed-values __proto__ constructor toString".split(" "),
];

const scalar = fc.oneof(
  fc.constantFrom(...WORDS, "full", "allow", "read:pullrequest:bitbucket", "**", "{a,b}", "../x", "$BITBUCKET_PR_ID"),
  fc.string({ maxLength: 10 }),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
);

const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 7 },
    scalar,
    fc.array(tie("tree"), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...WORDS), tie("tree"), { maxKeys: 5 }),
  ),
}));

test("any tree of the language's words is read", () => {
  fc.assert(
    fc.property(tree, (root) => void readAll(stringify(root))),
    { numRuns: 2000 },
  );
  const inPlace = tree.map((root) => ({
    definitions: { agents: { a: root } },
    pipelines: { custom: { x: [{ step: root }] } },
  }));
  fc.assert(
    fc.property(inPlace, (root) => void readAll(stringify(root))),
    { numRuns: 2000 },
  );
});
