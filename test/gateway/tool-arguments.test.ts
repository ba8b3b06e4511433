import { describe, expect, test } from "vitest";
import { ALL_STEP_SCOPES } from "../policy/grants.ts";
import { connectClient } from "./connect-client.ts";
import { serveGateway } from "./gateway-service.ts";
import { createMemoryForge } from "./memory-forge.ts";
import { SCRIPT } from "./shop-script.ts";

describe("arguments of tools", () => {
  test.each([
    ["an unknown argument", "getPullRequestDetails", { pullRequestId: 1, repository: "other/private" }, "repository"],
    ["a missing argument", "getPullRequestDetails", {}, "pullRequestId"],
    ["a text for a number", "getPullRequestDetails", { pullRequestId: "1" }, "pullRequestId"],
    ["a fraction", "getPullRequestDetails", { pullRequestId: 1.5 }, "pullRequestId"],
    ["a negative id", "getPullRequestDetails", { pullRequestId: -1 }, "pullRequestId"],
    ["an id that is not exact", "getPullRequestDetails", { pullRequestId: 2 ** 60 }, "pullRequestId"],
    ["a list for a text", "createPullRequest", { title: ["x"], sourceBranch: "y" }, "title"],
    ["a line break in a title", "createPullRequest", { title: "x\ny", sourceBranch: "y" }, "title"],
    ["a state that is none", "updatePullRequestTask", { pullRequestId: 1, taskId: 1, state: "MERGED" }, "state"],
    ["a path out of the tree", "getFileContent", { commit: "main", path: "a/../../etc/passwd" }, "path"],
    ["a path from the root", "getFileContent", { commit: "main", path: "/etc/passwd" }, "path"],
    ["a dot segment at the end", "getFileContent", { commit: "main", path: "a/.." }, "path"],
    ["an option for a commit", "getFileContent", { commit: "--output=x", path: "a" }, "commit"],
    ["a slash in a commit", "getFileContent", { commit: "a/b", path: "a" }, "commit"],
    ["a backslash", "getFileContent", { commit: "main", path: "a\\b" }, "path"],
    ["a NUL in a comment", "addPullRequestComment", { pullRequestId: 1, content: "a\u0000b" }, "content"],
    ["an option for a revision", "getCommits", { revision: "--all" }, "revision"],
  ])("%s is refused by name and on record, and nothing happens", async (_title, tool, args, argument) => {
    const forge = createMemoryForge(SCRIPT);
    await using service = await serveGateway(forge, { scopes: ALL_STEP_SCOPES });
    await using mcp = await connectClient(service.door);
    const called = await mcp.call(tool, args);
    expect(called.isError).toBe(true);
    expect(called.text).toMatch(new RegExp(`^Invalid arguments of ${tool}: .*\\b${argument}\\b`));
    expect(forge.calls).toEqual([]);
    expect(service.judged.map(({ attempt, decision }) => [attempt.summary.split(" ")[0], decision.allow])).toEqual([
      [tool, false],
    ]);
  });
});
