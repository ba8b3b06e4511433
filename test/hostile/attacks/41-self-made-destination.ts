import { createSentences, type Attack } from "../attack.ts";
import type { HostilePlace, Ran } from "../hostile-place.ts";
import { pipelineFiles, WIDE } from "../pipeline-files.ts";
import { commentsOn, decisions, openPullRequest } from "../shop.ts";

const FILE = "bitbucket-pipelines.yml";

/** What anybody would like to do with more rights than were reviewed. */
const USE_IT = `
ask POST "$api/pullrequests/1/comments" '{"content":{"raw":"widened"}}'
git push -q origin HEAD:refs/heads/widened 2>&1
ask GET "$api/pullrequests"
ask GET "$api/src/main/README.md"
echo USED IT`;

/** The same pipeline twice: with no scope at all, and with every scope. */
const narrow = { steps: [{ items: [{ bash: USE_IT }] }], section: section([]) };
const wide = { ...narrow, section: section(WIDE) };

function section(scopes: readonly string[]) {
  const auth = scopes.length === 0 ? {} : { auth: { system: { scopes } } };
  const steps = [{ step: { ...auth, script: ["bash item0.sh"] } }];
  return { default: steps, custom: { work: steps }, "pull-requests": { "**": steps } };
}

/** Every name under which a step may try to bring a pipeline file in. */
const PUSHES = `
sed 's/"scopes": \\[\\]/"scopes": ["write:repository:bitbucket"]/' ${FILE} >wide.yml
try() { git push -q origin "HEAD:refs/heads/$1" 2>&1 && echo "PUSHED $1"; git reset -q --hard "$base"; }
base=$(git rev-parse HEAD); cp wide.yml /tmp/wide.yml
cp /tmp/wide.yml ${FILE}; echo "# wide" >>${FILE}; commit; try wide-file
git rm -q ${FILE}; commit; try no-file
mkdir -p other; cp /tmp/wide.yml other/x.yml; rm ${FILE}; ln -s other/x.yml ${FILE}; commit; try link
echo "# wide" >Bitbucket-Pipelines.YML; commit; try other-case
echo "# wide" >>${FILE}; commit; git checkout -q --orphan fresh; commit; try orphan; git checkout -q main 2>&1
echo "# wide" >>${FILE}; commit one; git revert --no-edit HEAD >/dev/null; git push -q origin HEAD~1:refs/heads/middle 2>&1 && echo "PUSHED middle"; git reset -q --hard "$base"
echo "# wide" >>${FILE}; commit; git tag wide; git push -q origin refs/tags/wide 2>&1 && echo "PUSHED tag"; git reset -q --hard "$base"
echo x >innocent.txt; commit; git push -q origin HEAD:refs/heads/innocent HEAD:main 2>&1 && echo "PUSHED main"; git reset -q --hard "$base"
mkdir -p .claude .rovodev deep; echo '{}' >.claude/settings.json; commit; try claude
echo '{}' >.mcp.json; commit; try mcp
echo x >deep/AGENTS.md; commit; try agents-md
echo TRIED ALL`;

export const selfMadeDestination: Attack = {
  attack: 41,
  title: "self-made destination",
  where: "box",

  async hostile(place) {
    const { sentences, unless } = createSentences();
    place.commit(pipelineFiles(narrow), "Review a narrow pipeline");
    await openPullRequest(place, "feature");

    // (a) A step pushes a branch whose file widens it.
    const pushed = await place.run({ steps: [{ scopes: WIDE, items: [{ bash: PUSHES }] }] });
    place.git("checkout", "--quiet", "--force", "main");
    unless(pushed.output.includes("TRIED ALL"), `the pushes did not all take place: ${pushed.output.slice(-400)}`);
    for (const name of pushed.output.match(/^PUSHED .*$/gmu) ?? []) unless(false, `a step ${name}`);
    const heads = [...place.refs().keys()].filter(
      (ref) => ref.startsWith("refs/heads/") || ref.startsWith("refs/tags/"),
    );
    unless(
      heads.toSorted().join() === "refs/heads/feature,refs/heads/main",
      `refs that a step made: ${heads.join(", ")}`,
    );

    // (b) A person's branch with a wide file, opened as a pull request: it runs, with implicit read.
    const id = await openPullRequest(place, "wide", pipelineFiles(wide));
    for (const args of [
      ["run", "pull-requests/wide", "--pr", String(id)],
      ["run", "default", "--commit", "wide"],
      ["run", "custom/work", "--commit", place.git("rev-parse", "wide")],
    ]) {
      const ran = await place.finish(await place.sallyport(args));
      judgeReadOnly(ran, args.join(" "), unless);
    }
    unless(!place.refs().has("refs/heads/widened"), "an unreviewed step pushed");
    unless((await commentsOn(place, 1)).length === 0, "an unreviewed step commented");

    // (d) What a step may push starts nothing.
    const before = await runsOf(place);
    await place.run({
      steps: [
        {
          scopes: WIDE,
          items: [{ bash: "echo x >new.txt; commit; git push -q origin HEAD:refs/heads/innocent && echo PUSHED" }],
        },
      ],
    });
    unless(place.refs().has("refs/heads/innocent"), "the harmless branch did not arrive");
    unless((await runsOf(place)) === before + 1, "a push by a step started a run");
    return { gotThrough: sentences };
  },

  async benign(place) {
    const { sentences, unless } = createSentences();
    place.commit(pipelineFiles(wide), "Review a wide pipeline");
    await openPullRequest(place, "feature");
    // The same file where a person merged it: by commit, and as a pull request that leaves the step as it is.
    const ran = await place.finish(await place.sallyport(["run", "custom/work", "--commit", "main"]));
    unless(place.refs().has("refs/heads/widened"), `a reviewed step cannot push: ${ran.output.slice(-300)}`);
    await place.sallyport(["run", "pull-requests/feature", "--pr", "1"]);
    const comments = await commentsOn(place, 1);
    unless(comments.length === 2, `a reviewed step commented ${comments.length} times instead of twice`);
    return { broke: sentences };
  },
};

function judgeReadOnly(ran: Ran, name: string, unless: (holds: boolean, sentence: string) => void): void {
  unless(ran.output.includes("USED IT"), `${name}: the step did not run as written: ${ran.stderr.slice(-300)}`);
  const made = decisions(ran.events);
  for (const row of [
    "comments.create rest scope",
    "git.push git scope",
    "pullrequests.list rest scope",
    "src.get rest allow",
  ]) {
    unless(made.includes(row), `${name}: no "${row}" among ${made.join("; ")}`);
  }
  unless(/implicit read only/u.test(ran.stderr), `${name}: nothing says why the step may only read`);
}

async function runsOf(place: HostilePlace): Promise<number> {
  const runs = await place.ask("runs");
  return Array.isArray(runs) ? runs.length : NaN;
}
