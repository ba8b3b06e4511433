import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createSentences, type Attack } from "../attack.ts";
import { attackScript, WIDE } from "../pipeline-files.ts";
import { commentsOn, openPullRequest } from "../shop.ts";

/** Ignores what it can, and acts ten times a second: a line in the workspace, a comment on the pull request. */
const DAEMON = attackScript(`trap '' TERM HUP INT QUIT PIPE
while :; do
  echo tick >>ticks.txt
  ask POST "$api/pullrequests/1/comments" '{"content":{"raw":"from a daemon"}}' >/dev/null
  sleep 0.1
done`);

/** Leaves it behind in three ways, and ends when each has acted. */
const LEAVE = `
bash daemon.sh $MARK >/dev/null 2>&1 &
setsid nohup bash daemon.sh $MARK </dev/null >/dev/null 2>&1 &
perl -e 'fork and exit; require POSIX; POSIX::setsid(); fork and exit; exec "bash", "daemon.sh", $ARGV[0]' $MARK </dev/null >/dev/null 2>&1
for i in $(seq 100); do [ "$(grep -c . ticks.txt)" -gt 6 ] && break; sleep 0.1; done
echo "LEFT $(grep -c . ticks.txt)"; cp ticks.txt left.txt`;

const NEXT = `
ask POST "$api/pullrequests/1/comments" '{"content":{"raw":"from the next item"}}' >/dev/null
before=$(grep -c . ticks.txt); sleep 1.5; echo "TICKS $before $(grep -c . ticks.txt)"
cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -c "$PATTERN" | sed 's/^/SEEN /'`;

export const leftoverProcess: Attack = {
  attack: 26,
  title: "leftover process",
  where: "box",

  async hostile(place) {
    const { sentences, unless } = createSentences();
    const mark = `hostile-daemon-${randomBytes(8).toString("hex")}`;
    // A pattern that does not match itself in grep's own arguments.
    const withMark = (script: string): string =>
      script.replaceAll("$MARK", mark).replaceAll("$PATTERN", `[h]${mark.slice(1)}`);
    await openPullRequest(place, "feature");
    const ran = await place.run({
      agents: { leaver: { play: [{ shell: "bash leave.sh" }] } },
      files: { "daemon.sh": DAEMON, "leave.sh": withMark(LEAVE) },
      steps: [
        { scopes: WIDE, items: [{ agent: "leaver" }, { bash: withMark(NEXT) }], more: { artifacts: ["ticks.txt"] } },
        // A clone of its own: no line of the daemon's may ever come to it.
        { scopes: WIDE, items: [{ bash: `touch ticks.txt; ${withMark(NEXT)}` }] },
      ],
    });
    unless(
      /LEFT ([7-9]|\d\d)/u.test(ran.output),
      `the daemons did not act in their own item: ${ran.output.slice(-400)}`,
    );
    const ticks = [...ran.output.matchAll(/^TICKS (\d+) (\d+)$/gmu)];
    unless(ticks.length === 2, `the next item and the next step did not both look: ${ran.output.slice(-400)}`);
    for (const [, before, after] of ticks) unless(before === after, "a daemon wrote to the workspace after its item");
    unless(ticks[1]?.[1] === "0", "a daemon of step 1 wrote to the workspace of step 2");
    unless((ran.output.match(/^SEEN 0$/gmu) ?? []).length === 2, "a daemon is among the processes of a later box");
    const comments = await commentsOn(place, 1);
    unless(comments.includes("from a daemon"), "the daemons never acted");
    const start = comments.indexOf("from the next item");
    unless(start >= 0, "the next item could not comment");
    const later = comments.slice(start);
    unless(!later.includes("from a daemon"), "a daemon acted on the forge after its item");
    unless(processesWith(mark).length === 0, "a daemon lives on, on the host");
    return { gotThrough: sentences };
  },

  async benign(place) {
    const { sentences, unless } = createSentences();
    await openPullRequest(place, "feature");
    // Within one item, from one line to the next, a process in the background may go on.
    const ran = await place.run({
      files: { "daemon.sh": DAEMON },
      steps: [
        {
          scopes: WIDE,
          items: [
            { bash: "bash daemon.sh >/dev/null 2>&1 & sleep 1" },
            {
              bash: `before=$(grep -c . ticks.txt); sleep 1.5; [ "$(grep -c . ticks.txt)" -gt "$before" ] && echo "GOES ON"`,
            },
          ],
        },
      ],
    });
    unless(ran.output.includes("GOES ON"), "a process in the background does not reach the next line of its item");
    unless(ran.code === 0, `exit code ${ran.code}`);
    return { broke: sentences };
  },
};

function processesWith(mark: string): readonly string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/u.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(mark);
    } catch {
      return false;
    }
  });
}
