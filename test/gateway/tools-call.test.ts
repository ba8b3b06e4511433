import { describe, expect, test } from "vitest";
import { callOf, operationById, type ToolPermissions } from "../../src/policy/index.ts";
import { ALL_STEP_SCOPES } from "../policy/grants.ts";
import { connectClient, REVISIONS } from "./connect-client.ts";
import { framed } from "./framed-text.ts";
import { serveGateway } from "./gateway-service.ts";
import { createMemoryForge } from "./memory-forge.ts";
import { READ_PR, SCRIPT } from "./shop-script.ts";

describe.each(REVISIONS)("tools/call by protocol %s", (revision, mode) => {
  test("reads a pull request, trimmed and framed", async () => {
    const forge = createMemoryForge(SCRIPT);
    await using service = await serveGateway(forge, { scopes: READ_PR });
    await using mcp = await connectClient(service.door, mode);
    expect(mcp.client.getNegotiatedProtocolVersion()).toBe(revision);
    const called = await mcp.call("getPullRequestDetails", { pullRequestId: 1 });
    expect(called.isError).toBe(false);
    expect(framed(called.text)).toMatchObject({ id: 1, title: "Add a basket", author: "Ada", sourceBranch: "basket" });
    expect(called.text).not.toContain("avatar");
    expect(forge.calls).toEqual([
      {
        operation: "pullrequests.get",
        repository: "demo/shop",
        arguments: { pullRequestId: 1 },
        actor: { kind: "step", run: "00000001", step: 1, agent: "pr-summariser" },
      },
    ]);
    expect(service.judged.map(({ attempt }) => [attempt.door, attempt.summary])).toEqual([
      ["mcp", "getPullRequestDetails pullRequestId 1"],
    ]);
  });

  test("rule 11: a denial names gate, reason and change, and reaches no forge", async () => {
    const forge = createMemoryForge(SCRIPT);
    await using service = await serveGateway(forge, { scopes: READ_PR });
    await using mcp = await connectClient(service.door, mode);
    const called = await mcp.call("createPullRequest", { title: "Totally harmless", sourceBranch: "x" });
    expect(called.isError).toBe(true);
    expect(called.text).toContain("Denied by the scope gate: needs write:pullrequest:bitbucket.");
    expect(called.text).toContain("add write:pullrequest:bitbucket to auth.system.scopes of the step");
    expect(called.text).toContain("Do not retry");
    expect(called.structured).toMatchObject({ denied: true, gate: "scope" });
    expect(forge.calls).toEqual([]);
    expect(service.judged.map(({ attempt, decision }) => [attempt.summary, decision.allow])).toEqual([
      ['createPullRequest "Totally harmless"', false],
    ]);
  });

  test("a revoked token opens nothing", async () => {
    const forge = createMemoryForge(SCRIPT);
    await using service = await serveGateway(forge, { scopes: READ_PR });
    await using mcp = await connectClient(service.door, mode);
    await service.dismiss();
    expect((await mcp.call("getPullRequestDetails", { pullRequestId: 1 })).text).toContain("Denied by the token gate");
    expect(await mcp.toolNames()).toEqual([]);
    expect(forge.calls).toEqual([]);
  });
});

describe("tools/call", () => {
  test("attack 42: a second client shares the count of the first", async () => {
    const tools: ToolPermissions = {
      default: null,
      tools: { addPullRequestComment: { permission: "allow", maxCalls: 2 } },
    };
    const forge = createMemoryForge(SCRIPT);
    await using service = await serveGateway(forge, { scopes: ALL_STEP_SCOPES, tools });
    await using first = await connectClient(service.door, "legacy");
    await using second = await connectClient(service.door, { pin: "2026-07-28" });
    const args = { pullRequestId: 1, content: "hello" };
    expect((await first.call("addPullRequestComment", args)).isError).toBe(false);
    expect((await second.call("addPullRequestComment", args)).isError).toBe(false);
    for (const mcp of [first, second]) {
      const called = await mcp.call("addPullRequestComment", args);
      expect(called).toMatchObject({ isError: true, structured: { gate: "budget" } });
    }
    expect(forge.calls).toHaveLength(2);
  });

  test("attack 42: the REST door shares the count, the judge and the record", async () => {
    const tools: ToolPermissions = {
      default: null,
      tools: { addPullRequestComment: { permission: "allow", maxCalls: 1 }, createPullRequest: { permission: "deny" } },
    };
    await using service = await serveGateway(createMemoryForge(SCRIPT), { scopes: ALL_STEP_SCOPES, tools });
    await using mcp = await connectClient(service.door);
    const byRest = (id: string, args: object) =>
      service.callByRest(callOf(operationById(id), "demo/shop", { ...args }));
    const comment = { pullRequestId: 1, content: "hello" };
    expect((await byRest("comments.create", comment)).allowed).toBe(true);
    expect(await mcp.call("addPullRequestComment", comment)).toMatchObject({ structured: { gate: "budget" } });
    expect(await byRest("comments.create", comment)).toMatchObject({ allowed: false, denial: { gate: "budget" } });
    expect(await byRest("pullrequests.create", { title: "x" })).toMatchObject({ denial: { gate: "tool" } });
    const elsewhere = callOf(operationById("comments.update"), "demo/payroll", { ...comment, commentId: 1 });
    expect(await service.callByRest(elsewhere)).toMatchObject({ denial: { gate: "repository" } });
    expect(service.judged.map(({ attempt }) => `${attempt.door}: ${attempt.summary}`)).toEqual([
      'rest: POST /2.0/repositories/demo/shop/pullrequests/1/comments "hello"',
      'mcp: addPullRequestComment pullRequestId 1 "hello"',
      'rest: POST /2.0/repositories/demo/shop/pullrequests/1/comments "hello"',
      'rest: POST /2.0/repositories/demo/shop/pullrequests "x"',
      'rest: PUT /2.0/repositories/demo/payroll/pullrequests/1/comments/1 "hello"',
    ]);
  });

  test("attack 42: many calls at once do not pass the count", async () => {
    const tools: ToolPermissions = {
      default: null,
      tools: { addPullRequestComment: { permission: "allow", maxCalls: 3 } },
    };
    const forge = createMemoryForge(SCRIPT);
    await using service = await serveGateway(forge, { scopes: ALL_STEP_SCOPES, tools });
    await using mcp = await connectClient(service.door);
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        mcp.call("addPullRequestComment", { pullRequestId: 1, content: `comment ${index}` }),
      ),
    );
    expect(forge.calls).toHaveLength(3);
  });

  test("attack 20: a person's comment cannot be edited, an agent's can", async () => {
    const forge = createMemoryForge(SCRIPT);
    await using service = await serveGateway(forge, { scopes: ALL_STEP_SCOPES });
    await using mcp = await connectClient(service.door);
    const edit = (commentId: number) =>
      mcp.call("updatePullRequestComment", { pullRequestId: 1, commentId, content: "x" });
    expect(await edit(2)).toMatchObject({ isError: true, structured: { gate: "human-gate" } });
    expect(await edit(1)).toMatchObject({ isError: false });
    expect(forge.calls.map(({ operation }) => operation)).toEqual(["comments.update"]);
  });

  test("a tool that does not exist is denied like one that may not be called, and recorded", async () => {
    const tools: ToolPermissions = {
      default: "allow",
      tools: { grep: { permission: "allow" }, createPullRequest: { permission: "deny" } },
    };
    const forge = createMemoryForge(SCRIPT);
    await using service = await serveGateway(forge, { scopes: ALL_STEP_SCOPES, tools });
    await using mcp = await connectClient(service.door);
    const real = await mcp.call("createPullRequest", { title: "x", sourceBranch: "y" });
    const names = [
      "mergePullRequest",
      "approvePullRequest",
      "constructor",
      "__proto__",
      "grep",
      "x\u202ey".repeat(100),
    ];
    for (const name of names) {
      const called = await mcp.call(name);
      expect(called, name).toMatchObject({ isError: true, structured: { denied: true, gate: "tool" } });
      expect(shape(called.text)).toBe(shape(real.text));
    }
    expect(service.judged).toHaveLength(1 + names.length);
    expect(service.judged.every(({ decision }) => !decision.allow)).toBe(true);
    expect(forge.calls).toEqual([]);
  });

  test("rule 8: a pinned argument is judged by its value", async () => {
    const tools: ToolPermissions = {
      default: null,
      tools: { createPullRequest: { permission: "allow", arguments: { destinationBranch: { equals: "main" } } } },
    };
    const forge = createMemoryForge(SCRIPT);
    await using service = await serveGateway(forge, { scopes: ALL_STEP_SCOPES, tools });
    await using mcp = await connectClient(service.door);
    const open = (destinationBranch: string) =>
      mcp.call("createPullRequest", { title: "x", sourceBranch: "y", destinationBranch });
    expect(await open("release")).toMatchObject({ isError: true, structured: { gate: "argument" } });
    expect(await open("main")).toMatchObject({ isError: false });
  });

  test("commentId narrows the comments to one; the tool is the same", async () => {
    const forge = createMemoryForge(SCRIPT);
    await using service = await serveGateway(forge, { scopes: READ_PR });
    await using mcp = await connectClient(service.door);
    await mcp.call("getPullRequestComments", { pullRequestId: 1, commentId: 7 });
    await mcp.call("getPullRequestComments", { pullRequestId: 1, page: 2 });
    expect(forge.calls.map(({ operation }) => operation)).toEqual(["comments.get", "comments.list"]);
  });

  test("the two analysing tools read under their own scopes", async () => {
    const forge = createMemoryForge(SCRIPT);
    await using service = await serveGateway(forge, { scopes: ALL_STEP_SCOPES });
    await using mcp = await connectClient(service.door);
    const statuses = await mcp.call("analyzePullRequestCommitStatusFailures", { pullRequestId: 1 });
    expect(framed(statuses.text)).toEqual({
      total: 2,
      failedCount: 1,
      failed: [{ key: "a", state: "FAILED", name: "unit" }],
    });
    const step = await mcp.call("analyzePipelineStepFailure", { pipelineUuid: "{1}", stepUuid: "{2}" });
    expect(framed(step.text)).toMatchObject({ tellingLines: ["Error: no basket"], lineCount: 202 });
  });

  test("the forge's refusal is an error with its reason, inert", async () => {
    await using service = await serveGateway(createMemoryForge({}), { scopes: READ_PR });
    await using mcp = await connectClient(service.door);
    const called = await mcp.call("getPullRequestDetails", { pullRequestId: 9 });
    expect(called).toMatchObject({
      isError: true,
      text: "The forge answered 404: There is no such thing\\x1b[31m here",
    });
  });

  test("a fault of the machine is reported, and the agent reads no detail of it", async () => {
    const forge = createMemoryForge({
      "pullrequests.get": () => {
        throw new Error("/var/lib/secret-place is full");
      },
    });
    await using service = await serveGateway(forge, { scopes: READ_PR });
    await using mcp = await connectClient(service.door);
    const called = await mcp.call("getPullRequestDetails", { pullRequestId: 1 });
    expect(called.isError).toBe(true);
    expect(called.text).not.toContain("secret-place");
    expect(service.faults).toHaveLength(1);
  });
});

/** A denial without the name and the changes that it speaks of, and without the line that decided: a line is no tool. */
function shape(shown: string): string {
  return shown
    .replace(/gate: .* is denied to this agent .*\.$/m, "gate: X is denied.")
    .replace(/allow .* under/, "allow X under");
}
