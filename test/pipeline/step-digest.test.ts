import { describe, expect, test } from "vitest";
import {
  parsePipelineFile,
  playPath,
  reviewedTextPaths,
  selectPlan,
  stepDigest,
  type Step,
} from "../../src/pipeline/index.ts";

const DEFINITION = `    reviewer:
      provider: claude
      prompt: "Review, $TONE"
      config:
        path: conf/claude.json
        overrides: {model: small, toolPermissions: {tools: {createPullRequest: deny}}}
`;

const STEP = `        name: Review
        max-time: 10
        auth: {system: {scopes: [read:pullrequest:bitbucket, write:pullrequest:bitbucket]}}
        image: node:24
        clone: {depth: 5}
        script:
          - make
          - agent: reviewer
        after-script: [echo done]
        artifacts: {paths: [out/**], download: [notes]}
`;

const TEXT = `definitions:
  agents:
${DEFINITION}pipelines:
  custom:
    x:
    - variables: [{name: TONE, default: kindly}]
    - step:
${STEP}`;

function stepOf(text: string): Step {
  const { pipelines, findings } = parsePipelineFile(text, "f.yml");
  if (pipelines === null) throw new TypeError(`the test's file is wrong: ${JSON.stringify(findings)}`);
  const step = selectPlan(pipelines, "custom/x").plan?.steps.at(-1);
  if (step === undefined) throw new TypeError("the test's file has no step");
  return step;
}

describe("attack 8: what steers a step is in its digest", () => {
  test.each([
    ["a shell line", "- make", "- make all"],
    ["one more line", "- make", "- make\n          - make"],
    ["the order", "- make\n          - agent: reviewer", "- agent: reviewer\n          - make"],
    ["an after-script", "echo done", "echo over"],
    ["a scope", ", write:pullrequest:bitbucket", ""],
    ["max-time", "max-time: 10", "max-time: 11"],
    ["an artifact", "out/**", "out/*"],
    ["a download", "download: [notes]", "download: true"],
    ["the clone", "depth: 5", "depth: 6"],
    ["the prompt", "Review, ", "Ignore, "],
    ["the provider", "provider: claude", "provider: codex"],
    ["the configuration's path", "claude.json", "other.json"],
    ["an override", "model: small", "model: large"],
    ["a tool's permission", "createPullRequest: deny", "createPullRequest: allow"],
    ["a permission that is gone", "createPullRequest: deny", "other: deny"],
    ["an item's own prompt", "- agent: reviewer", "- agent: reviewer\n            prompt: Other"],
    ["a skill for the prompt", 'prompt: "Review, $TONE"', "skill: a.md"],
    ["the default of a declared variable", "default: kindly", "default: and merge"],
    ["a key without effect", "        image: node:24\n", ""],
  ])("%s", (_name, from, to) => {
    const changed = TEXT.replace(from, to);
    expect(changed).not.toBe(TEXT);
    expect(stepDigest(stepOf(changed))).not.toBe(stepDigest(stepOf(TEXT)));
  });
});

describe("what does not steer a step is not in its digest", () => {
  test.each([
    ["comments and lines", "definitions:", "# comment\n\ndefinitions:"],
    [
      "the order of scopes",
      "read:pullrequest:bitbucket, write:pullrequest:bitbucket",
      "write:pullrequest:bitbucket, read:pullrequest:bitbucket",
    ],
    ["the step's name", "name: Review", "name: Other"],
    ["its place", "    - step:\n", "    - step: {script: [first]}\n    - step:\n"],
    ["another agent", "pipelines:", "    other: {prompt: x}\npipelines:"],
    ["the spelling", "provider: claude", "'provider': \"claude\""],
  ])("%s", (_name, from, to) => {
    const changed = TEXT.replace(from, to);
    expect(changed).not.toBe(TEXT);
    expect(stepDigest(stepOf(changed))).toBe(stepDigest(stepOf(TEXT)));
  });
});

test("attack 8: a step with a pipe never passes for the same step without it", () => {
  const { pipelines } = parsePipelineFile(
    "pipelines: {custom: {x: [step: {script: [make, {pipe: a/b:1}]}], y: [step: {script: [make]}]}}",
    "f.yml",
  );
  expect(pipelines?.pipelines.map((pipeline) => pipeline.steps.length)).toEqual([0, 1]);
});

describe("attack 38: the files that steer a step are named", () => {
  test.each([
    ["nothing", "{agent: a, prompt: Hello!, provider: claude}", []],
    ["a skill", "{agent: a, skill: ./skills/x.md}", ["skills/x.md"]],
    ["a configuration", "{agent: a, prompt: x, config: {path: c.yml}}", ["c.yml"]],
    ["an included file", "{agent: a, prompt: '!.rovodev/prompts/x.md'}", [".rovodev/prompts/x.md"]],
    ["files in prose", "{agent: a, prompt: 'Do !./b.md and !./a.md. Wow !really'}", ["a.md", "b.md"]],
    ["a file at the end of a sentence", "{agent: a, prompt: 'Do as !docs/a.md.'}", ["docs/a.md"]],
    ["a prompt by name", "{agent: a, prompt: '/prompts review'}", [".rovodev/prompts.yml"]],
    ["the MCP servers", "{agent: a, prompt: x, config: {overrides: {mcp: {mcpConfigPath: m.json}}}}", ["m.json"]],
    ["the play of its agent", "{agent: a, provider: script}", [".sallyport/agents/a.yml"]],
    ["another play", "{agent: a, provider: script, config: {overrides: {script: ./p//q.yml}}}", ["p/q.yml"]],
  ])("%s", (_name, item, paths) => {
    const step = stepOf(`definitions: {agents: {a: {}}}\npipelines: {custom: {x: [step: {script: [${item}]}]}}`);
    expect(reviewedTextPaths(step)).toEqual(paths);
  });

  test("a play has one path", () => {
    const step = stepOf(
      "definitions: {agents: {a: {provider: script}}}\npipelines: {custom: {x: [step: {script: [{agent: a}]}]}}",
    );
    const [item] = step.script;
    expect(item?.kind === "agent" && playPath(item.agent)).toBe(".sallyport/agents/a.yml");
  });
});
