import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { SallyportError } from "../../src/base/index.ts";
import { ask, buildHouse, decisionsOf, json, sendRaw, type House } from "./harness.ts";

const READ = ["read:repository:bitbucket", "read:pullrequest:bitbucket"] as const;
const WRITE = [...READ, "write:pullrequest:bitbucket"] as const;
const PULL_REQUESTS = "/2.0/repositories/demo/shop/pullrequests";
const NEW_PULL_REQUEST = { title: "Totally harmless", source: { branch: { name: "topic" } } };

let house: House;
beforeEach(() => {
  house = buildHouse();
});
afterEach(() => house[Symbol.asyncDispose]());

describe("what the grant allows reaches the forge", () => {
  test.each([
    ["GET", "/2.0/repositories/demo/shop", undefined, "repository.get"],
    ["GET", "/2.0/repositories/Demo/Shop", undefined, "repository.get"],
    ["GET", `${PULL_REQUESTS}/1`, undefined, "pullrequests.get"],
    ["GET", `${PULL_REQUESTS}?state=OPEN&state=MERGED`, undefined, "pullrequests.list"],
    ["POST", PULL_REQUESTS, NEW_PULL_REQUEST, "pullrequests.create"],
    ["POST", `${PULL_REQUESTS}/1/comments`, { content: { raw: "hello" } }, "comments.create"],
    ["DELETE", `${PULL_REQUESTS}/1/comments/5`, undefined, "comments.delete"],
  ])("%s %s", async (method, path, body, operation) => {
    const shell = { agentStep: false, scopes: WRITE };
    const { port } = await house.open(shell);
    const answer = await ask(port, method, path, body === undefined ? {} : json(body));
    expect(answer).toMatchObject({ status: 200, body: JSON.stringify({ did: operation }) });
    expect(decisionsOf(house.records)).toEqual([`${operation} allow`]);
    expect(house.records[0]?.attempt.door).toBe("rest");
  });

  test("the forge's statuses, texts and empty answers pass through", async () => {
    await using other = buildHouse({
      script: {
        async call({ operation }) {
          if (operation.id === "src.get")
            return { status: 200, body: { kind: "text", type: "text/x-diff", text: "+1" } };
          if (operation.id === "commits.get") return { status: 404, body: { kind: "json", value: { type: "error" } } };
          return { status: 204, body: { kind: "none" } };
        },
      },
    });
    const { port } = await other.open();
    const text = await ask(port, "GET", "/2.0/repositories/demo/shop/src/main/a.txt");
    expect(text).toMatchObject({ status: 200, body: "+1", headers: { "content-type": "text/x-diff" } });
    expect(await ask(port, "GET", "/2.0/repositories/demo/shop/commit/abc")).toMatchObject({ status: 404 });
    expect(await ask(port, "GET", "/2.0/repositories/demo/shop")).toMatchObject({ status: 204, body: "" });
  });
});

const metadataOf = (port: number): string =>
  `resource_metadata="http://127.0.0.1:${port}/.well-known/oauth-protected-resource"`;

describe("the metadata of the resource (RFC 9728)", () => {
  const AT = "/.well-known/oauth-protected-resource";
  test.each(["", "/mcp", "/2.0"])("of %j", async (resource) => {
    const { port } = await house.open();
    const answer = await ask(port, "GET", `${AT}${resource}`);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toEqual({
      resource: `http://127.0.0.1:${port}${resource}`,
      resource_name: "Sallyport broker",
      scopes_supported: expect.arrayContaining(["read:repository:bitbucket", "write:pullrequest:bitbucket"]),
      bearer_methods_supported: ["header"],
    });
  });

  test("is the same to everybody, also when the token is over, and only read", async () => {
    const { port } = await house.open({ expiresAt: 1 });
    expect(await ask(port, "GET", AT)).toMatchObject({ status: 200 });
    expect(await ask(port, "POST", AT, json({}))).toMatchObject({ status: 405 });
    for (const path of [`${AT}/`, `${AT}/git`, "/.well-known/oauth-authorization-server", "/.well-known"]) {
      expect(await ask(port, "GET", path)).toMatchObject({ status: 404 });
    }
  });

  test("a Host behind a whole URL names nothing in an answer", async () => {
    const { port } = await house.open({ expiresAt: 1 });
    const text = await sendRaw(
      port,
      `GET http://127.0.0.1:${port}${AT} HTTP/1.1\r\nHost: evil.example"\r\nConnection: close\r\n\r\n`,
    );
    expect(text).not.toContain("evil.example");
  });
});

describe("denials in Bitbucket's shape", () => {
  test("a missing scope is a 403 after RFC 6750 with what is needed and what is there", async () => {
    const { port } = await house.open({ scopes: READ });
    const answer = await ask(port, "POST", PULL_REQUESTS, json(NEW_PULL_REQUEST));
    expect(answer.status).toBe(403);
    expect(answer.headers["www-authenticate"]).toBe(
      `Bearer realm="sallyport", error="insufficient_scope", scope="write:pullrequest:bitbucket", ${metadataOf(port)}`,
    );
    expect(JSON.parse(answer.body)).toMatchObject({
      type: "error",
      error: {
        message: expect.stringContaining("scope gate: needs write:pullrequest:bitbucket"),
        detail: { required: ["write:pullrequest:bitbucket"], granted: READ },
      },
    });
    expect(house.calls).toEqual([]);
  });

  test("a closed token is a 401 that asks for a bearer", async () => {
    const { port } = await house.open({ expiresAt: 1 });
    const answer = await ask(port, "GET", "/2.0/repositories/demo/shop");
    expect(answer.status).toBe(401);
    expect(answer.headers["www-authenticate"]).toBe(
      `Bearer realm="sallyport", error="invalid_token", ${metadataOf(port)}`,
    );
  });

  test("a tool's gate is a 403 that says what would have to change", async () => {
    const { port } = await house.open({ scopes: WRITE, tools: { default: "deny", tools: {} } });
    const answer = await ask(port, "POST", PULL_REQUESTS, json(NEW_PULL_REQUEST));
    expect(answer.status).toBe(403);
    expect(answer.body).toContain("tool gate: createPullRequest is denied to this agent");
    expect(answer.body).toContain("allow createPullRequest under toolPermissions");
  });

  test("what no row lists is denied and on record", async () => {
    const { port } = await house.open({ scopes: WRITE });
    const answer = await ask(port, "DELETE", "/2.0/repositories/demo/shop/wiki");
    expect(answer.status).toBe(403);
    expect(answer.body).toContain("not in the table");
    expect(await ask(port, "PATCH", "/2.0/repositories/demo/shop/pullrequests/1")).toMatchObject({ status: 403 });
    expect(await ask(port, "GET", "/2.0")).toMatchObject({ status: 400 });
    expect(decisionsOf(house.records)).toEqual([
      "request.unlisted human-gate",
      "request.unlisted human-gate",
      "request.unlisted human-gate",
    ]);
    expect(house.records[0]?.attempt.summary).toBe("DELETE /2.0/repositories/demo/shop/wiki");
  });

  test("what its row refuses to every step is denied with that row's reason, and on record as sent", async () => {
    const { port } = await house.open({ scopes: WRITE, agentStep: false });
    const hooks = await ask(
      port,
      "POST",
      "/2.0/repositories/demo/shop/hooks",
      json({ url: "https://collector.example" }),
    );
    expect(hooks).toMatchObject({ status: 403, body: expect.stringContaining("a webhook carries") });
    const user = await ask(port, "GET", "/2.0/user/emails?pagelen=1");
    expect(user).toMatchObject({ status: 404, body: expect.stringContaining("beyond the step's repository") });
    // Another repository is refused as such: what is refused about it, is not said.
    expect(await ask(port, "GET", "/2.0/repositories/demo/other/hooks")).toMatchObject({ status: 404 });
    expect(decisionsOf(house.records)).toEqual(["hooks human-gate", "outside.users repository", "hooks repository"]);
    expect(house.records.map(({ attempt }) => attempt.summary)).toEqual([
      "POST /2.0/repositories/demo/shop/hooks",
      "GET /2.0/user/emails",
      "GET /2.0/repositories/demo/other/hooks",
    ]);
    expect(house.calls).toEqual([]);
  });
});

describe("a build status (rule 9)", () => {
  const AT = "/2.0/repositories/demo/shop/commit/abc/statuses/build";
  const STATUS = { key: "ci", state: "SUCCESSFUL", url: "https://example.com", name: "CI", description: "done" };
  const scopes = [...READ, "write:repository:bitbucket"] as const;

  test("attack 44: is refused whatever the body says", async () => {
    const { port } = await house.open({ scopes, agentStep: false });
    for (const body of [STATUS, { surprise: 1 }, []]) {
      expect(await ask(port, "POST", AT, json(body))).toMatchObject({ status: 403 });
    }
    expect(decisionsOf(house.records)).toEqual(Array(3).fill("statuses.create human-gate"));
    expect(house.calls).toEqual([]);
  });

  test("reaches the forge with its body where policy lifts the gate, and only with members that it has", async () => {
    const lifted = { branches: [], authorityFiles: [], operations: [], buildStatus: true };
    const { port } = await house.open({ scopes, agentStep: false, agent: null, lifted });
    expect(await ask(port, "POST", AT, json(STATUS))).toMatchObject({ status: 200 });
    expect(house.calls[0]?.body).toEqual(STATUS);
    expect(await ask(port, "PUT", `${AT}/ci`, json({ ...STATUS, surprise: 1 }))).toMatchObject({ status: 400 });
    expect(house.calls).toHaveLength(1);
  });
});

test("attack 4: a bearer or a header that names somebody neither widens nor narrows", async () => {
  const wide = await house.open({ scopes: WRITE });
  const narrow = await house.open({ scopes: READ });
  const foreign = {
    authorization: `Bearer ${wide.caller.admission.token.reveal()}`,
    "x-token-auth": "x",
    "x-forwarded-user": "admin",
    "x-sallyport-item": wide.caller.admission.tokenId,
    cookie: `token=${wide.caller.admission.token.reveal()}`,
  };
  const body = json(NEW_PULL_REQUEST);
  const withWide = await ask(narrow.port, "POST", PULL_REQUESTS, { ...body, headers: { ...body.headers, ...foreign } });
  expect(withWide.status).toBe(403);
  const garbage = { ...body.headers, authorization: "Bearer garbage" };
  expect(await ask(wide.port, "POST", PULL_REQUESTS, { ...body, headers: garbage })).toMatchObject({ status: 200 });
  const basic = { authorization: `Basic ${Buffer.from("x-token-auth:nothing").toString("base64")}` };
  expect(
    await ask(wide.port, "GET", "/git/demo/shop.git/info/refs?service=git-upload-pack", { headers: basic }),
  ).toMatchObject({ status: 200 });
  expect(house.records.map(({ token }) => token)).toEqual([
    narrow.caller.admission.token.reveal(),
    wide.caller.admission.token.reveal(),
    wide.caller.admission.token.reveal(),
  ]);
});

describe("attack 7: another repository does not exist", () => {
  test.each([
    ["by path", "/2.0/repositories/demo/payroll/pullrequests/1", 404, "repository"],
    ["by another workspace", "/2.0/repositories/other/shop/pullrequests/1", 404, "repository"],
    ["by its uuid", "/2.0/repositories/demo/%7B1c4a0e6c-0000-0000-0000-000000000000%7D", 404, "repository"],
    ["by an unlisted path", "/2.0/repositories/demo/payroll/downloads", 404, "repository"],
    ["by an encoded slash", "/2.0/repositories/demo%2Fpayroll/pullrequests/1", 400, "human-gate"],
    ["by a dot segment", "/2.0/repositories/demo/shop/../payroll/pullrequests/1", 400, "human-gate"],
    ["by an encoded dot segment", "/2.0/repositories/demo/shop/%2e%2e/payroll", 400, "human-gate"],
    ["by a backslash", "/2.0/repositories/demo/shop%5C..%5Cpayroll", 400, "human-gate"],
    ["by an empty segment", "/2.0//repositories/demo/payroll", 400, "human-gate"],
    ["by a NUL", "/2.0/repositories/demo/payroll%00/pullrequests", 400, "human-gate"],
  ])("%s", async (_how, path, status, gate) => {
    const { port } = await house.open({ scopes: WRITE });
    const answer = await ask(port, "GET", path);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ type: "error", error: { message: expect.any(String) } });
    expect(house.records.map(({ decision }) => (decision.allow ? "allow" : decision.gate))).toEqual([gate]);
    expect(house.calls).toEqual([]);
  });

  test.each([
    [{ ...NEW_PULL_REQUEST, source: { branch: { name: "x" }, repository: { full_name: "demo/payroll" } } }],
    [{ ...NEW_PULL_REQUEST, destination: { repository: { uuid: "{1}" } } }],
    [{ ...NEW_PULL_REQUEST, reviewers: [{ uuid: "{1}" }] }],
    [[NEW_PULL_REQUEST]],
    ["text"],
  ])("by a body member: %j", async (body) => {
    const { port } = await house.open({ scopes: WRITE });
    expect(await ask(port, "POST", PULL_REQUESTS, json(body))).toMatchObject({ status: 400 });
    expect(decisionsOf(house.records)).toEqual(["request.unlisted human-gate"]);
    expect(house.calls).toEqual([]);
  });
});

describe("attack 31: no step approves, merges or declines", () => {
  test.each(["approve", "merge", "decline", "request-changes"])("%s", async (verb) => {
    const { port } = await house.open({ scopes: WRITE, agentStep: false });
    for (const options of [
      {},
      json({}),
      json({ anything: [1] }),
      { body: "\xff{" },
      { headers: { "content-type": "text/plain" }, body: "x" },
    ]) {
      const answer = await ask(port, "POST", `${PULL_REQUESTS}/1/${verb}`, options);
      expect(answer.status).toBe(403);
      expect(answer.body).toContain("human-gate");
    }
    expect(new Set(house.records.map(({ decision }) => (decision.allow ? "allow" : decision.gate)))).toEqual(
      new Set(["human-gate"]),
    );
    expect(house.records).toHaveLength(5);
    expect(house.calls).toEqual([]);
  });
});

test("attack 42: a tool denied over MCP is denied over REST, by the same gate and with one count", async () => {
  const tools = {
    default: null,
    tools: { addPullRequestComment: { permission: "allow", maxCalls: 1 }, createPullRequest: { permission: "deny" } },
  } as const;
  const { port } = await house.open({ scopes: WRITE, tools });
  const call = (name: string, args: unknown) =>
    ask(port, "POST", "/mcp", {
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": "2025-11-25",
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: args } }),
    });
  const overMcp = await call("createPullRequest", { title: "x", sourceBranch: "topic", destinationBranch: "main" });
  expect(overMcp.body).toContain("createPullRequest is denied");
  const overRest = await ask(port, "POST", PULL_REQUESTS, json(NEW_PULL_REQUEST));
  expect(overRest).toMatchObject({ status: 403 });
  await call("addPullRequestComment", { pullRequestId: 1, content: "one" });
  const second = await ask(port, "POST", `${PULL_REQUESTS}/1/comments`, json({ content: { raw: "two" } }));
  expect(second).toMatchObject({ status: 403, body: expect.stringContaining("budget") });
  expect(
    house.records.map(({ attempt, decision }) => [attempt.door, attempt.operation.id, decision.allow || decision.gate]),
  ).toEqual([
    ["mcp", "pullrequests.create", "tool"],
    ["rest", "pullrequests.create", "tool"],
    ["mcp", "comments.create", true],
    ["rest", "comments.create", "budget"],
  ]);
});

test("a fault of the forge is a fixed sentence outside and the cause inside", async () => {
  await using broken = buildHouse({
    script: { call: () => Promise.reject(new SallyportError("machine-fault", "/srv/forge/shop.git is gone")) },
  });
  const { port } = await broken.open();
  const answer = await ask(port, "GET", "/2.0/repositories/demo/shop");
  expect(answer.status).toBe(500);
  expect(answer.body).not.toContain("/srv");
  expect(broken.faults).toHaveLength(1);
  expect(await ask(port, "GET", "/nothing")).toMatchObject({ status: 404 });
});

test("a step that ended is answered no more", async () => {
  const door = await house.open();
  expect(await ask(door.port, "GET", "/2.0/repositories/demo/shop")).toMatchObject({ status: 200 });
  await door.close();
  expect(
    await sendRaw(door.port, `GET /2.0/repositories/demo/shop HTTP/1.1\r\nhost: 127.0.0.1:${door.port}\r\n\r\n`),
  ).toBe("");
});
