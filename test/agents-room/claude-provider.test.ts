import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAgentProviders, type AgentLaunch } from "../../src/agents/index.ts";
import { agentWith, inputWith } from "./read-agent.ts";

let folder: string;

/** A package with a program of the given first bytes, and a link to it in a folder of programs, as npm installs one. */
async function installPackage(name: string, program: string, content: string): Promise<string> {
  const root = join(folder, name);
  await mkdir(join(root, "lib/claude-code/bin"), { recursive: true });
  await mkdir(join(root, "bin"), { recursive: true });
  await writeFile(join(root, "lib/claude-code/package.json"), '{"name":"@anthropic-ai/claude-code"}');
  await writeFile(join(root, "lib/claude-code", program), content);
  await chmod(join(root, "lib/claude-code", program), 0o755);
  await symlink(join("../lib/claude-code", program), join(root, "bin/claude"));
  return join(root, "bin");
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sallyport-claude-provider-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const DOOR = "http://127.0.0.1:29418";
const agent = agentWith({ provider: "claude", configPath: "claude.json", overrides: { model: "opus" } });

function fileIn(launch: AgentLaunch, name: string): unknown {
  return JSON.parse(launch.files.find(({ path }) => path === `/opt/sallyport/agent/${name}`)?.content ?? "null");
}

describe("the claude provider", () => {
  test("binds a native program as one file", async () => {
    const searchPath = await installPackage("native", "bin/claude.exe", "\u007fELF rest");
    const launch = await createAgentProviders(searchPath).claude.prepare(inputWith(agentWith({ provider: "claude" })));
    expect(launch.argv[0]).toBe("/opt/sallyport/claude/claude");
    expect(launch.binds).toEqual([
      { source: join(folder, "native/lib/claude-code/bin/claude.exe"), target: "/opt/sallyport/claude/claude" },
    ]);
  });

  test("binds a JavaScript program with its package and our Node", async () => {
    const searchPath = `relative:${join(folder, "nowhere")}:${await installPackage("script", "cli.js", "#!/usr/bin/env node")}`;
    const launch = await createAgentProviders(searchPath).claude.prepare(inputWith(agentWith({ provider: "claude" })));
    expect(launch.argv.slice(0, 2)).toEqual(["/opt/sallyport/node", "/opt/sallyport/claude/cli.js"]);
    expect(launch.binds).toEqual([
      { source: process.execPath, target: "/opt/sallyport/node" },
      { source: join(folder, "script/lib/claude-code"), target: "/opt/sallyport/claude" },
    ]);
  });

  test("attack 1: a wrapper below somebody's own package.json brings itself, and no folder of theirs", async () => {
    const home = join(folder, "home");
    await mkdir(join(home, "bin"), { recursive: true });
    await writeFile(join(home, "package.json"), '{"name":"notes"}');
    await writeFile(join(home, "bin/claude"), "#!/usr/bin/env node\n", { mode: 0o755 });
    const launch = await createAgentProviders(join(home, "bin")).claude.prepare(
      inputWith(agentWith({ provider: "claude" })),
    );
    expect(launch.binds).toEqual([
      { source: process.execPath, target: "/opt/sallyport/node" },
      { source: join(home, "bin/claude"), target: "/opt/sallyport/claude/claude" },
    ]);
  });

  test("without the program it is not found, saying what to install", async () => {
    const provider = createAgentProviders(join(folder, "nowhere")).claude;
    await expect(provider.prepare(inputWith(agentWith({ provider: "claude" })))).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringContaining("npm install --global @anthropic-ai/claude-code") as unknown,
    });
  });

  test("names the gateway and nothing else, and holds no key", async () => {
    const searchPath = await installPackage("named", "bin/claude.exe", "\u007fELF rest");
    const files = {
      "claude.json": JSON.stringify({
        apiKeyHelper: "cat /etc/key",
        env: { ANTHROPIC_BASE_URL: "https://evil.example", OWN: "1" },
        model: "sonnet",
        permissions: { deny: ["Bash(rm *)"] },
      }),
    };
    const launch = await createAgentProviders(searchPath).claude.prepare(inputWith(agent, files));
    expect(fileIn(launch, "mcp.json")).toEqual({ mcpServers: { bitbucket: { type: "http", url: `${DOOR}/mcp` } } });
    expect(fileIn(launch, "settings.json")).toMatchObject({
      model: "opus",
      env: { OWN: "1", ANTHROPIC_BASE_URL: `${DOOR}/model/anthropic`, ANTHROPIC_API_KEY: "held-by-the-broker" },
      permissions: { deny: ["Bash(rm *)"] },
    });
    expect(fileIn(launch, "settings.json")).not.toHaveProperty("apiKeyHelper");
    expect(launch.environment["ANTHROPIC_BASE_URL"]).toBe(`${DOOR}/model/anthropic`);
    expect(launch.argv.slice(-2)).toEqual(["--", "Do it."]);
  });

  test("a skill is the prompt when there is no other", async () => {
    const searchPath = await installPackage("skilled", "bin/claude.exe", "\u007fELF rest");
    const skilled = agentWith({ provider: "claude", prompt: null, skill: "skills/summarise.md" });
    const provider = createAgentProviders(searchPath).claude;
    const launch = await provider.prepare(inputWith(skilled, { "skills/summarise.md": "Summarise." }));
    expect(launch.argv.at(-1)).toBe("Summarise.");
    await expect(provider.prepare(inputWith(skilled))).rejects.toMatchObject({ code: "refused" });
  });

  test.each([
    ["a missing file", {}, "claude.json is not in the reviewed commit"],
    ["no JSON", { "claude.json": "model: opus" }, "claude.json is not JSON"],
    ["wrong permissions", { "claude.json": '{"permissions":{"deny":"all"}}' }, "permissions.deny"],
  ])("%s is refused", async (_title, files, said) => {
    const searchPath = join(folder, "native/bin");
    await expect(createAgentProviders(searchPath).claude.prepare(inputWith(agent, files))).rejects.toMatchObject({
      code: "refused",
      message: expect.stringContaining(said) as unknown,
    });
  });
});
