import { OPERATIONS, type Operation } from "../../../src/policy/index.ts";
import { createSentences, type Attack } from "../attack.ts";
import type { HostilePlace } from "../hostile-place.ts";
import { attackScript, WIDE } from "../pipeline-files.ts";
import { act, addBranch, commentsOn, decisions, lookUp, openPullRequest } from "../shop.ts";

/** Every tool that writes, with arguments that would work, and the same as a REST request. */
const WRITES: Readonly<
  Record<string, { readonly args: object; readonly rest: readonly [method: string, path: string, body: string] }>
> = {
  createPullRequest: {
    args: { title: "Side", sourceBranch: "idle" },
    rest: ["POST", "/pullrequests", '{"title":"Side","source":{"branch":{"name":"idle"}}}'],
  },
  updatePullRequest: {
    args: { pullRequestId: 1, title: "Side" },
    rest: ["PUT", "/pullrequests/1", '{"title":"Side"}'],
  },
  addPullRequestComment: {
    args: { pullRequestId: 1, content: "Side" },
    rest: ["POST", "/pullrequests/1/comments", '{"content":{"raw":"Side"}}'],
  },
  updatePullRequestComment: {
    args: { pullRequestId: 1, commentId: 1, content: "Side" },
    rest: ["PUT", "/pullrequests/1/comments/1", '{"content":{"raw":"Side"}}'],
  },
  resolvePullRequestComment: {
    args: { pullRequestId: 1, commentId: 1 },
    rest: ["POST", "/pullrequests/1/comments/1/resolve", ""],
  },
  createPullRequestTask: {
    args: { pullRequestId: 1, content: "Side" },
    rest: ["POST", "/pullrequests/1/tasks", '{"content":{"raw":"Side"}}'],
  },
  updatePullRequestTask: {
    args: { pullRequestId: 1, taskId: 1, content: "Side" },
    rest: ["PUT", "/pullrequests/1/tasks/1", '{"content":{"raw":"Side"}}'],
  },
};

const OVER_REST = Object.values(WRITES)
  .map(
    ({ rest: [method, path, body] }) => `ask ${method} "$api${path}" '${body}'; ask ${method} "$api${path}/" '${body}'`,
  )
  .join("\n");
const OVER_MCP = Object.entries(WRITES)
  .map(([name, { args }]) => `tool ${name} '${JSON.stringify(args)}'`)
  .join("\n");

/** Deny by `tools`, and by `default`. */
const DENIALS = {
  named: { default: "allow", tools: Object.fromEntries(Object.keys(WRITES).map((name) => [name, "deny"])) },
  unnamed: { default: "deny", tools: {} },
};

const COMMENT = '{"content":{"raw":"counted"}}';

export const sideDoor: Attack = {
  attack: 42,
  title: "side door",
  where: "box",

  async hostile(place) {
    const { sentences, unless } = createSentences();
    for (const tool of writingTools()) unless(tool in WRITES, `the tool ${tool} writes and is not tried here`);
    await openPullRequest(place, "feature");
    addBranch(place, "idle");
    await act(place, "comments.create", { pull_request_id: "1" }, { content: { raw: "First" } });
    const before = await stateOf(place);
    const play = [
      ...Object.entries(WRITES).flatMap(([call, { args }]) => [
        { call, with: args },
        { call, with: args, "second-client": true },
      ]),
      { shell: "bash attack.sh >>tried.txt 2>&1" },
    ];
    const ran = await place.run({
      agents: {
        named: { play, toolPermissions: DENIALS.named },
        unnamed: { play, toolPermissions: DENIALS.unnamed },
      },
      files: { "attack.sh": attackScript(`${OVER_REST}\n${OVER_MCP}\necho TRIED ALL`) },
      steps: [
        // The shell after an agent is one more door: it is under what the agent may do.
        { scopes: WIDE, items: [{ agent: "named" }, { bash: `cat tried.txt; bash attack.sh` }] },
        { scopes: WIDE, items: [{ agent: "unnamed" }, { bash: `cat tried.txt; bash attack.sh` }] },
      ],
    });
    unless((ran.output.match(/^TRIED ALL$/gmu) ?? []).length === 4, "not every door was tried");
    unless((await stateOf(place)) === before, `the forge changed from ${before} to ${await stateOf(place)}`);
    const allowed = ran.events.filter((event) => event.type === "decision" && event.allow && event.writes);
    unless(allowed.length === 0, `allowed: ${JSON.stringify(allowed.slice(0, 2))}`);
    for (const { id, tool } of operationsOf(Object.keys(WRITES))) {
      for (const door of ["mcp", "rest"]) {
        const gates = ran.events.flatMap((event) =>
          event.type === "decision" && event.operation === id && event.door === door ? [event.gate] : [],
        );
        // Ownership is asked first: those two would be refused as what a person wrote, also with the tool allowed.
        const expected = /comments\.(update|resolve)|tasks\.update/u.test(id) ? ["human-gate", "tool"] : ["tool"];
        unless(gates.length > 0, `${tool} was not judged on the door ${door}`);
        unless(
          gates.every((gate) => gate !== null && expected.includes(gate)),
          `${tool} by ${door}: ${gates.join(", ")}`,
        );
      }
    }
    await countOnce(place, unless);
    return { gotThrough: sentences };
  },

  async benign(place) {
    const { sentences, unless } = createSentences();
    await openPullRequest(place, "feature");
    await place.run({
      agents: {
        writer: {
          play: [
            { call: "addPullRequestComment", with: { pullRequestId: 1, content: "by the client" } },
            { call: "addPullRequestComment", with: { pullRequestId: 1, content: "by another" }, "second-client": true },
            { shell: "bash write.sh" },
          ],
          toolPermissions: { default: "deny", tools: { addPullRequestComment: "allow" } },
        },
      },
      files: { "write.sh": attackScript(`ask POST "$api/pullrequests/1/comments" '{"content":{"raw":"by REST"}}'`) },
      steps: [{ scopes: WIDE, items: [{ agent: "writer" }] }],
    });
    const comments = await commentsOn(place, 1);
    unless(comments.join() === "by the client,by another,by REST", `an allowed tool wrote: ${comments.join()}`);
    return { broke: sentences };
  },
};

/** Two calls are granted; eight are made, by every door, some at once. */
async function countOnce(place: HostilePlace, unless: (holds: boolean, sentence: string) => void): Promise<void> {
  const burst = Array.from({ length: 4 }, () => `ask POST "$api/pullrequests/1/comments" '${COMMENT}' &`).join("\n");
  const call = { call: "addPullRequestComment", with: { pullRequestId: 1, content: "counted" } };
  const ran = await place.run({
    agents: {
      counted: {
        play: [{ shell: "bash burst.sh" }, call, { ...call, "second-client": true }],
        toolPermissions: { tools: { addPullRequestComment: { permission: "allow", "max-calls": 2 } } },
      },
    },
    files: { "burst.sh": attackScript(`${burst}\nwait`) },
    steps: [
      {
        scopes: WIDE,
        items: [
          { agent: "counted" },
          { bash: `ask POST "$api/pullrequests/1/comments" '${COMMENT}'` },
          { agent: "counted" },
        ],
      },
    ],
  });
  const counted = (await commentsOn(place, 1)).filter((text) => text === "counted").length;
  unless(counted === 2, `${counted} comments with max-calls of 2`);
  const refused = decisions(ran.events).filter((decision) => decision.endsWith(" budget"));
  unless(refused.length === 11, `${refused.length} of 13 calls were refused by the budget`);
}

function writingTools(): readonly string[] {
  return [...new Set(OPERATIONS.flatMap(({ tool, writes }) => (tool !== null && writes ? [tool] : [])))];
}

function operationsOf(tools: readonly string[]): readonly (Operation & { readonly tool: string })[] {
  return OPERATIONS.flatMap((operation) =>
    operation.tool !== null && tools.includes(operation.tool) && operation.writes
      ? [{ ...operation, tool: operation.tool }]
      : [],
  );
}

async function stateOf(place: HostilePlace): Promise<string> {
  const request = await lookUp(place, "pullrequests.get", { pull_request_id: "1" });
  const tasks = await lookUp(place, "tasks.list", { pull_request_id: "1" });
  const comments = await lookUp(place, "comments.list", { pull_request_id: "1" });
  const list = await lookUp(place, "pullrequests.list");
  return JSON.stringify([request["title"], tasks["size"], comments["values"], list["size"]]);
}
