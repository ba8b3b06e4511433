import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createAgentProviders } from "../../src/agents/index.ts";
import { agentWith, inputWith } from "./read-agent.ts";

const { script, rovodev, codex } = createAgentProviders();
const PLAY = "steps: [{say: hello}, {shell: 'ls /opt/sallyport /opt/sallyport/script-agent'}]\n";
const BUBBLEWRAP = "bwrap";
const hasBubblewrap = spawnSync(BUBBLEWRAP, ["--version"]).status === 0;

describe("the script provider", () => {
  test("takes the play that is named after the agent, or the one that the overrides name", async () => {
    const files = { ".sallyport/agents/helper.yml": PLAY, "plays/other.yml": "steps: [{say: other}]" };
    const byName = await script.prepare(inputWith(agentWith(), files));
    expect(byName.files).toContainEqual({ path: "/opt/sallyport/agent/play.yml", content: PLAY });
    const named = await script.prepare(inputWith(agentWith({ overrides: { script: "plays/other.yml" } }), files));
    expect(named.files).toContainEqual({ path: "/opt/sallyport/agent/play.yml", content: "steps: [{say: other}]" });
  });

  test.each([
    ["without a play", {}, {}, "commit .sallyport/agents/helper.yml"],
    ["with a play that is no path", { script: 1 }, {}, "must be the path of a play"],
    ["with a play out of the repository", { script: "../../other.yml" }, {}, "must be the path of a play"],
    ["with an invalid play", {}, { ".sallyport/agents/helper.yml": "steps: 1" }, "is invalid: steps"],
  ])("%s it is refused, saying what to do", async (_title, overrides, files, said) => {
    await expect(script.prepare(inputWith(agentWith({ overrides }), files))).rejects.toMatchObject({
      code: "refused",
      message: expect.stringContaining(said) as unknown,
    });
  });

  test("binds single paths below /opt/sallyport, never a folder of all packages", async () => {
    const launch = await script.prepare(inputWith(agentWith(), { ".sallyport/agents/helper.yml": PLAY }));
    for (const { source, target } of launch.binds) {
      expect(target).toMatch(/^\/opt\/sallyport\/(?:node|script-agent\/.+)$/);
      expect(target).not.toMatch(/node_modules$/);
      expect(source).not.toMatch(/node_modules$/);
    }
    const targets = launch.binds.map(({ target }) => target);
    expect(new Set(targets).size).toBe(targets.length);
    expect(targets).toContain("/opt/sallyport/script-agent/node_modules/@modelcontextprotocol/core");
  });

  // A skip means that the machine has no bubblewrap; the box's own tests then fail.
  test.skipIf(!hasBubblewrap)("what it binds is all that the program needs", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sallyport-launch-"));
    try {
      const launch = await script.prepare(
        inputWith(agentWith(), { ".sallyport/agents/helper.yml": PLAY }, { workspace: "/" }),
      );
      const binds = launch.binds.flatMap(({ source, target }) => ["--ro-bind", source, target]);
      for (const [index, { path, content }] of launch.files.entries()) {
        await writeFile(join(folder, String(index)), content);
        binds.push("--ro-bind", join(folder, String(index)), path);
      }
      const system = ["/usr", "/lib", "/lib64", "/bin"].flatMap((path) => ["--ro-bind-try", path, path]);
      const args = [
        "--unshare-net",
        "--clearenv",
        "--setenv",
        "PATH",
        "/usr/bin:/bin",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
      ];
      const result = spawnSync(BUBBLEWRAP, [...args, ...system, ...binds, "--", ...launch.argv], { encoding: "utf8" });
      expect(result.stderr).toBe("");
      expect(result.stdout).toMatch(/^hello\n✓ sh .*node/);
      expect(result.status).toBe(0);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

test.each([rovodev, codex])("provider $name is refused, saying what to use", async (provider) => {
  await expect(provider.prepare(inputWith(agentWith()))).rejects.toMatchObject({
    code: "refused",
    message: `provider ${provider.name} is not available in this version; use --provider script or claude`,
  });
});
