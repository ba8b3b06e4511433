import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { listFiles } from "../../scripts/gates/list-files.ts";
import { parsePlay } from "../../src/agents/script/play.ts";
import { COMMANDS } from "../../src/cli/commands.table.ts";
import { findCommand } from "../../src/cli/find-command.ts";
import { parsePipelineFile } from "../../src/pipeline/index.ts";
import { parsePolicy } from "../../src/policy/index.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const names = ["README.md", "CONTRIBUTING.md", "SECURITY.md", ...(await listFiles(ROOT, "docs", /\.md$/))];
const documents = new Map(
  await Promise.all(names.map(async (name) => [name, await readFile(join(ROOT, name), "utf8")] as const)),
);

function blocksOf(document: string, language: string): string[] {
  return [...document.matchAll(/^```(?<language>\w*)\n(?<text>[^]*?)^```$/gmu)].flatMap(({ groups = {} }) =>
    groups["language"] === language ? [groups["text"] ?? ""] : [],
  );
}

/** A part of an agent's configuration, in a whole file. */
function pipelineWith(overrides: string): string {
  return `definitions:\n  agents:\n    one:\n      prompt: hi\n      config:\n        overrides:\n${overrides.replaceAll(/^/gmu, "          ")}
pipelines:\n  default:\n    - step:\n        script:\n          - agent: one\n`;
}

/** What reads the examples of each document; each returns what it finds at fault. */
const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  "docs/agents.md": (text) => (parsePlay(text).steps.length > 0 ? [] : ["no step"]),
  "docs/pipeline-file.md": (text) => parsePipelineFile(text, "bitbucket-pipelines.yml").findings,
  "docs/policy.md": (text) => parsePolicy(text, "policy.yml").findings,
  "docs/tokens-and-grants.md": (text) => parsePipelineFile(pipelineWith(text), "bitbucket-pipelines.yml").findings,
};

test("each example in YAML is read by what it is an example for, without a finding", () => {
  const examples = [...documents].flatMap(([name, text]) =>
    blocksOf(text, "yaml").map((block) => [name, block] as const),
  );
  expect(examples.length).toBeGreaterThanOrEqual(4);
  for (const [name, block] of examples) expect(READERS[name]?.(block), name).toEqual([]);
});

/** Each command of ours in a document: from shell blocks and from `sallyport …` in a sentence. */
function commandsIn(document: string): string[] {
  const lines = blocksOf(document, "sh").flatMap((block) =>
    block.split("\n").map((line) => line.replace(/\s#.*$/u, "")),
  );
  const inline = [...document.matchAll(/`(?<text>[^`\n]+)`/gu)].map(({ groups }) => groups?.["text"] ?? "");
  return [...lines, ...inline].flatMap((line) => {
    const words = /^(?:\S*bin\/sallyport\.js|sallyport) (?<words>[a-z].*)$/u.exec(line)?.groups?.["words"];
    return words === undefined ? [] : [words];
  });
}

describe("each command in the documents", () => {
  const commands = [...documents].flatMap(([name, text]) => commandsIn(text).map((words) => [words, name] as const));

  test("was seen", () => expect(commands.length).toBeGreaterThan(10));

  test.each(commands.filter(([words]) => !words.startsWith("help")))("sallyport %s, in %s", async (words) => {
    const found = await findCommand(COMMANDS, words.split(" "));
    if (found.kind === "group") return;
    const known = Object.keys(found.command.options);
    const written = [...words.matchAll(/--(?<name>[a-z-]+)/gu)].map(({ groups }) => groups?.["name"] ?? "");
    expect(written.filter((name) => !known.includes(name))).toEqual([]);
  });
});

test("each npm script in the documents is in package.json", async () => {
  const { scripts } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as { scripts: object };
  const named = [...documents.values()].flatMap((text) =>
    [...text.matchAll(/npm run (?:-\S+ )*(?<name>[a-z:-]+)/gu)].map(({ groups }) => groups?.["name"] ?? ""),
  );
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
});
