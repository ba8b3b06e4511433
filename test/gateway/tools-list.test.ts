import { describe, expect, test } from "vitest";
import { OPERATIONS, SHIPPED_TOOLS, type ToolPermissions } from "../../src/policy/index.ts";
import { ALL_STEP_SCOPES } from "../policy/grants.ts";
import { connectClient } from "./connect-client.ts";
import { serveGateway } from "./gateway-service.ts";
import { createMemoryForge } from "./memory-forge.ts";
import { READ_PR, SCRIPT } from "./shop-script.ts";

describe("tools/list", () => {
  test("rule 6: shows the tools whose scopes the token has, and no other", async () => {
    await using service = await serveGateway(createMemoryForge(SCRIPT), { scopes: READ_PR });
    await using mcp = await connectClient(service.door);
    const expected = SHIPPED_TOOLS.filter((tool) =>
      OPERATIONS.some((row) => row.tool === tool && row.scopes.every((scope) => READ_PR.includes(scope))),
    );
    expect([...(await mcp.toolNames())].sort()).toEqual([...expected].sort());
    expect(service.judged).toEqual([]);
  });

  test("with every scope it shows every shipped tool, each with a strict schema and hints", async () => {
    await using service = await serveGateway(createMemoryForge(SCRIPT), { scopes: ALL_STEP_SCOPES });
    await using mcp = await connectClient(service.door);
    const { tools } = await mcp.client.listTools();
    expect(tools.map(({ name }) => name).sort()).toEqual([...SHIPPED_TOOLS].sort());
    for (const { name, inputSchema, annotations, description } of tools) {
      expect(inputSchema, name).toMatchObject({ type: "object", additionalProperties: false });
      const reads = OPERATIONS.every((row) => row.tool !== name || !row.writes);
      expect(annotations, name).toMatchObject({ readOnlyHint: reads });
      expect(description, name).toMatch(/\.$/);
    }
    const create = tools.find(({ name }) => name === "createPullRequest");
    expect(create?.inputSchema.required).toEqual(["title", "sourceBranch"]);
  });

  test("rule 5: a denied tool and one with spent calls are not shown", async () => {
    const tools: ToolPermissions = {
      default: null,
      tools: { createPullRequest: { permission: "deny" }, addPullRequestComment: { permission: "allow", maxCalls: 1 } },
    };
    await using service = await serveGateway(createMemoryForge(SCRIPT), { scopes: ALL_STEP_SCOPES, tools });
    await using mcp = await connectClient(service.door);
    expect(await mcp.toolNames()).not.toContain("createPullRequest");
    expect(await mcp.toolNames()).toContain("addPullRequestComment");
    await mcp.call("addPullRequestComment", { pullRequestId: 1, content: "x" });
    expect(await mcp.toolNames()).not.toContain("addPullRequestComment");
  });

  test("a list is private to its token", async () => {
    await using service = await serveGateway(createMemoryForge(SCRIPT));
    await using mcp = await connectClient(service.door, { pin: "2026-07-28" });
    expect(await mcp.client.listTools()).toMatchObject({ cacheScope: "private", ttlMs: 0 });
  });
});
