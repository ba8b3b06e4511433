import { createSentences, type Attack } from "../attack.ts";
import { attackScript, WIDE } from "../pipeline-files.ts";
import { commentsOn, decisions, openPullRequest } from "../shop.ts";

const PINNED = {
  default: "deny",
  tools: { addPullRequestComment: { permission: "allow", arguments: { pullRequestId: "$BITBUCKET_PR_ID" } } },
};

const REST = [2, 1].map((id) => `ask POST "$api/pullrequests/${id}/comments" '{"content":{"raw":"by REST"}}'`);
const call = (pullRequestId: unknown) => ({
  call: "addPullRequestComment",
  with: { pullRequestId, content: "by tool" },
});

export const commentElsewhere: Attack = {
  attack: 19,
  title: "comment to another PR",
  where: "box",

  async hostile(place) {
    const { sentences, unless } = createSentences();
    await openPullRequest(place, "one");
    await openPullRequest(place, "two");
    const play = [
      call(2),
      { ...call(2), "second-client": true },
      call("2"),
      call(2.0),
      call([1, 2]),
      { shell: "bash attack.sh" },
    ];
    const ran = await place.run(
      {
        agents: { poster: { play, toolPermissions: PINNED } },
        files: {
          "attack.sh": attackScript(`${REST[0]}\nask POST "$api/pullrequests/02/comments" '{"content":{"raw":"x"}}'`),
        },
        steps: [{ scopes: WIDE, items: [{ agent: "poster" }, { bash: REST[0] ?? "" }] }],
      },
      "--pr",
      "1",
    );
    for (const id of [1, 2]) {
      const comments = await commentsOn(place, id);
      unless(comments.length === 0, `comments on ${id}: ${comments.join()}`);
    }
    const made = decisions(ran.events);
    for (const door of ["mcp", "rest"]) {
      unless(
        made.includes(`comments.create ${door} argument`),
        `no denial by the argument's pin on ${door}: ${made.join("; ")}`,
      );
    }
    return { gotThrough: sentences };
  },

  async benign(place) {
    const { sentences, unless } = createSentences();
    await openPullRequest(place, "one");
    await place.run(
      {
        agents: { poster: { play: [call(1), { shell: "bash write.sh" }], toolPermissions: PINNED } },
        files: { "write.sh": attackScript(REST[1] ?? "") },
        steps: [{ scopes: WIDE, items: [{ agent: "poster" }] }],
      },
      "--pr",
      "1",
    );
    const comments = await commentsOn(place, 1);
    unless(comments.join() === "by tool,by REST", `on its own pull request: ${comments.join()}`);
    return { broke: sentences };
  },
};
