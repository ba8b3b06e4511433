import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { serveMessages, type Conversation, type Turn } from "../agents-room/messages-server.ts";
import { endOf, LAUNCHER, makePlace, runOf, type Place } from "./place.ts";

const PROGRAMS = fileURLToPath(new URL("../agents/node_modules/.bin", import.meta.url));

const PIPELINE = `definitions:
  agents:
    reviewer:
      prompt: "Summarise pull request $BITBUCKET_PR_ID."
      provider: claude
pipelines:
  custom:
    review:
      - step:
          max-time: 5
          auth: { system: { scopes: [ "read:pullrequest:bitbucket" ] } }
          script:
            - agent: reviewer
`;

/** Never whole in a command, so that a search for it does not find itself. */
const KEY = ["sk-ant", "api03", "canary", "7d1f0b"].join("-");
const JWT = /eyJ[\w-]{10,}\.eyJ[\w-]{10,}/u;

/** Everything that a process in the box can look at, searched for the key and for tokens, by a pattern that is neither. */
const LOOK_AROUND = [
  "env",
  "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n'",
  "echo searched: $(grep -rlsE 'sk-ant-api03-can[a]ry|eyJ[A-Za-z0-9_-]{10,}[.]eyJ' /home /tmp /opt /etc /dev/shm \"$PWD\" /usr/local/etc | head -c 2000)",
  "ls -la / /home /opt/sallyport; id; ls /proc | grep -c '^[0-9]'",
].join("; ");

/** The same tool past the client, which never saw it in the list (rule 6): by a hand-written MCP call, then over REST. */
const OTHER_DOORS = [
  `curl -sS http://127.0.0.1:29418/mcp -H 'content-type: application/json' -H 'accept: application/json, text/event-stream' -d '${JSON.stringify(
    {
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "createPullRequest", arguments: { title: "Harmless", sourceBranch: "feature" } },
    },
  )}'`,
  `curl -sS http://127.0.0.1:29418/2.0/repositories/demo/shop/pullrequests -H 'content-type: application/json' -d '{"title":"Harmless","source":{"branch":{"name":"feature"}}}'`,
].join("; echo; ");

function turns({ turn, lastResult }: Conversation): Turn {
  const script: readonly Turn[] = [
    { call: "mcp__bitbucket__getPullRequestDetails", input: { pullRequestId: 1 } },
    { call: "mcp__bitbucket__createPullRequest", input: { title: "Harmless", sourceBranch: "feature" } },
    { call: "Bash", input: { command: OTHER_DOORS, description: "Try other doors" } },
    { call: "Bash", input: { command: LOOK_AROUND, description: "Look around" } },
  ];
  return script[turn] ?? { say: `Done: ${(lastResult ?? "").length} characters read.` };
}

test.skipIf(!existsSync(join(PROGRAMS, "claude")))(
  "Claude Code works in the box through the door, is refused what its step was not granted, and holds no key (M2, M4, attack 1)",
  { timeout: 120_000 },
  async () => {
    using place = makePlace({ "bitbucket-pipelines.yml": PIPELINE });
    place.git("checkout", "--quiet", "-b", "feature");
    place.commit({ "feature.txt": "new\n" });
    place.git("checkout", "--quiet", "main");
    await using model = await serveMessages(turns);
    expect(await logIn(place, model.url)).toMatchObject({ code: 0 });
    const created = await place.sallyport(
      "pr",
      "create",
      "--source",
      "feature",
      "--destination",
      "main",
      "--title",
      "Add a feature",
    );
    expect(created).toMatchObject({ code: 0 });

    const ended = await runWithClaude(place);
    expect(ended).toMatchObject({ code: 0 });

    const [details = "", hidden = "", denials = "", around = ""] = model.results;
    expect(details).toContain("Add a feature");
    expect(hidden).toContain("No such tool");
    expect(
      denials.match(/Denied by the scope gate: needs write:pullrequest:bitbucket/gu)?.length,
    ).toBeGreaterThanOrEqual(2);
    expect(around).toContain("ANTHROPIC_BASE_URL=http://127.0.0.1:29418/model/anthropic");
    expect(around).toMatch(/^searched: *$/mu);
    for (const text of [around, ended.stderr, ended.stdout]) {
      expect(text).not.toContain(KEY);
      expect(text).not.toMatch(JWT);
    }
    // The broker put the key in: the agent's own headers never reached the model.
    const calls = model.requests.filter(({ url }) => url.startsWith("/v1/messages"));
    expect(calls.length).toBeGreaterThanOrEqual(4);
    for (const { headers } of calls) expect(headers["x-api-key"]).toBe(KEY);
    for (const { headers } of calls) expect(headers.authorization).toBeUndefined();

    const decisions = (await place.ledger(runOf(ended))).filter((event) => event.type === "decision");
    expect(decisions).toContainEqual(expect.objectContaining({ tool: "getPullRequestDetails", allow: true }));
    expect(decisions).toContainEqual(
      expect.objectContaining({ tool: "createPullRequest", allow: false, gate: "scope" }),
    );
    expect(decisions).toContainEqual(expect.objectContaining({ operation: "model.call", allow: true }));
    const list = JSON.parse((await place.sallyport("pr", "list", "--json")).stdout) as readonly unknown[];
    expect(list).toHaveLength(1);
  },
);

function logIn(place: Place, baseUrl: string) {
  const child = spawn(LAUNCHER, ["login", "anthropic", "--base-url", baseUrl], {
    env: { PATH: process.env["PATH"], HOME: place.root, SALLYPORT_HOME: place.home },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.end(`${KEY}\n`);
  return endOf(child);
}

function runWithClaude(place: Place) {
  const env = {
    PATH: `${PROGRAMS}${delimiter}${process.env["PATH"] ?? ""}`,
    HOME: place.root,
    SALLYPORT_HOME: place.home,
    // What a person's shell may well hold: it must not reach the box either.
    ANTHROPIC_API_KEY: KEY,
  };
  const child = spawn(LAUNCHER, ["run", "custom/review", "--pr", "1"], {
    cwd: place.clone,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  return endOf(child);
}
