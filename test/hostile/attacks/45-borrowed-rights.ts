import { createSentences, type Attack } from "../attack.ts";
import { attackScript, WIDE } from "../pipeline-files.ts";
import { addBranch, commentsOn, decisions, openPullRequest, openTitles } from "../shop.ts";

const NARROW = { default: "allow", tools: { createPullRequest: "deny", addPullRequestComment: "deny" } };
const NO_TITLES = { tools: { updatePullRequest: "deny" } };

const REACH = `
ask POST "$api/pullrequests/1/comments" '{"content":{"raw":"borrowed"}}'
ask POST "$api/pullrequests" '{"title":"Borrowed","source":{"branch":{"name":"idle"}}}'
tool addPullRequestComment '{"pullRequestId":1,"content":"borrowed"}'`;

/** Waits for a better door on the same address, with a connection that it opened while it could. */
const WAITING = attackScript(`trap '' TERM HUP INT
exec 9<>/dev/tcp/127.0.0.1/29418
while :; do
  printf 'POST /2.0/repositories/demo/shop/pullrequests/1/comments HTTP/1.1\\r\\nHost: 127.0.0.1:29418\\r\\nContent-Type: application/json\\r\\nContent-Length: 31\\r\\n\\r\\n{"content":{"raw":"borrowed!"}}' >&9
  ${REACH.trim().replaceAll("\n", "\n  ")}
  sleep 0.1
done`);

export const borrowedRights: Attack = {
  attack: 45,
  title: "borrowed rights",
  where: "box",

  async hostile(place) {
    const { sentences, unless } = createSentences();
    await openPullRequest(place, "feature");
    addBranch(place, "idle");
    const ran = await place.run({
      agents: {
        narrow: {
          play: [
            { shell: "setsid nohup bash waiting.sh </dev/null >waited.txt 2>&1 & sleep 1.5; cp waited.txt first.txt" },
            { shell: "bash reach.sh" },
          ],
          toolPermissions: NARROW,
        },
        wide: {
          play: [
            { call: "addPullRequestComment", with: { pullRequestId: 1, content: "by the wide one" } },
            { shell: "sleep 1.5" },
          ],
          toolPermissions: NO_TITLES,
        },
      },
      files: { "waiting.sh": WAITING, "reach.sh": attackScript(REACH) },
      steps: [
        {
          scopes: WIDE,
          items: [
            { agent: "narrow" },
            { agent: "wide" },
            // After both: neither what the first may not, nor what the second may not.
            {
              bash: `grep -c POST first.txt | sed 's/^/WAITED /'\n${REACH}\nask PUT "$api/pullrequests/1" '{"title":"Borrowed"}'`,
            },
          ],
        },
      ],
    });
    unless(/WAITED [1-9]/u.test(ran.output), `the daemon did not try anything: ${ran.output.slice(-300)}`);
    const comments = await commentsOn(place, 1);
    unless(comments.join() === "by the wide one", `comments: ${comments.join()}`);
    const titles = await openTitles(place);
    unless(titles.join() === "Add feature", `pull requests: ${titles.join()}`);
    const byItem = new Map<string, string[]>();
    for (const event of ran.events) {
      if (event.type === "decision") byItem.set(event.item, [...(byItem.get(event.item) ?? []), ...decisions([event])]);
    }
    const [narrow = [], wide = [], shell = []] = ["1-1-agent", "1-2-agent", "1-3-shell"].map((item) =>
      byItem.get(item),
    );
    unless(narrow.includes("comments.create rest tool"), "the narrow agent's attempts are not on record");
    const writes = wide.filter((decision) => /create|update/u.test(decision));
    unless(writes.join() === "comments.create mcp allow", `in the wide agent's item: ${writes.join()}`);
    for (const row of [
      "comments.create rest tool",
      "comments.create mcp tool",
      "pullrequests.create rest tool",
      "pullrequests.update rest tool",
    ]) {
      unless(shell.includes(row), `shell after both: no "${row}" among ${shell.join("; ")}`);
    }
    return { gotThrough: sentences };
  },

  async benign(place) {
    const { sentences, unless } = createSentences();
    await openPullRequest(place, "feature");
    addBranch(place, "idle");
    const ran = await place.run({
      agents: {
        first: { play: [{ shell: "echo kept >kept.txt" }, { call: "getPullRequests" }], toolPermissions: NO_TITLES },
        second: {
          play: [{ call: "createPullRequest", with: { title: "Wide", sourceBranch: "idle" } }],
          toolPermissions: { tools: { addPullRequestComment: "allow" } },
        },
      },
      steps: [
        {
          scopes: WIDE,
          items: [
            { agent: "first" },
            { agent: "second" },
            { bash: `cat kept.txt; ask POST "$api/pullrequests/1/comments" '{"content":{"raw":"after both"}}'` },
          ],
        },
      ],
    });
    unless((await openTitles(place)).includes("Wide"), "the second agent cannot use its own rights");
    unless(ran.output.includes("kept"), "the workspace does not carry over");
    unless((await commentsOn(place, 1)).includes("after both"), "shell after both cannot do what both may");
    return { broke: sentences };
  },
};
