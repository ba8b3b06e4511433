import { expect, test } from "vitest";
import { OPERATIONS, SHIPPED_TOOLS, STEP_SCOPES, type Operation } from "../../src/policy/index.ts";
import { connectClient } from "../gateway/connect-client.ts";
import { ask, buildHouse, json, type Answer } from "./harness.ts";

/** A request for a row, with something in every place. */
function requestFor({
  rest,
  arguments: bindings,
}: Operation): { readonly method: string; readonly path: string; readonly body: unknown } | null {
  if (rest === null) return null;
  const path = rest.path
    .replace("{workspace}", "demo")
    .replace("{repo_slug}", "shop")
    .replaceAll(/\{\w+\*?\}/gu, "1");
  const body: Record<string, unknown> = {};
  for (const { in: place, at, type } of bindings) {
    if (place !== "body" || at.includes(".")) continue;
    body[at] = type === "string" ? "text" : type === "integer" ? 1 : true;
  }
  return {
    method: rest.method,
    path: `/2.0${path}`,
    body: rest.method === "GET" || rest.method === "DELETE" ? null : body,
  };
}

function send(port: number, { method, path, body }: NonNullable<ReturnType<typeof requestFor>>): Promise<Answer> {
  return ask(port, method, path, body === null ? {} : json(body));
}

/** Arguments that satisfy every tool's schema which needs no more. */
const ARGUMENTS = {
  pullRequestId: 1,
  commentId: 1,
  taskId: 1,
  title: "text",
  sourceBranch: "feature",
  content: "text",
  commit: "main",
  path: "README.md",
  pipelineUuid: "{0}",
  stepUuid: "{0}",
  state: "OPEN",
};

for (const tool of SHIPPED_TOOLS) {
  // cites: M3
  test(`attack 42: ${tool}, once denied, is denied to a second client and to every REST row that it governs (rule 5)`, async () => {
    await using house = buildHouse();
    const grant = { scopes: STEP_SCOPES, tools: { default: null, tools: { [tool]: { permission: "deny" as const } } } };
    const { port } = await house.open(grant);
    const door = `http://127.0.0.1:${port}`;
    for (const mode of ["auto", "legacy"] as const) {
      await using client = await connectClient(door, mode);
      expect(await client.toolNames()).not.toContain(tool);
      expect((await client.call(tool, ARGUMENTS)).isError).toBe(true);
    }
    const rows = OPERATIONS.filter((row) => row.tool === tool);
    for (const row of rows) {
      const request = requestFor(row);
      if (request === null) continue;
      const answer = await send(port, request);
      expect([row.id, answer.status]).toEqual([row.id, 403]);
    }
    expect(house.calls).toEqual([]);
    expect(house.records.filter(({ decision }) => decision.allow)).toEqual([]);
  });

  test(`${tool}, allowed, reaches the forge by REST`, async () => {
    await using house = buildHouse();
    const { port } = await house.open({ scopes: STEP_SCOPES });
    const requests = OPERATIONS.filter((row) => row.tool === tool && row.humanGate === null).map(requestFor);
    for (const request of requests) {
      if (request !== null) expect((await send(port, request)).status).toBe(200);
    }
    expect(house.calls.length).toBe(requests.filter((request) => request !== null).length);
  });
}
