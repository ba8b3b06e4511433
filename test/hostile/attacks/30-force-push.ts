import { createSentences, type Attack } from "../attack.ts";
import { WIDE } from "../pipeline-files.ts";
import { openPullRequest } from "../shop.ts";

const SCRIPT = `
git fetch -q origin feature; base=$(git rev-parse HEAD); echo x >x.txt; commit; mine=$(git rev-parse HEAD)
git push -q origin $mine:refs/tags/v1 2>&1 && echo "TAG $mine"
git push --force origin $mine:refs/heads/feature 2>&1
git push --force-with-lease=feature origin $mine:refs/heads/feature 2>&1
git push origin +$base:refs/heads/feature 2>&1
git push origin :refs/heads/feature 2>&1; git push --delete origin feature 2>&1
git push --force origin $base:refs/tags/v1 2>&1; git push origin :refs/tags/v1 2>&1
git push --force origin $mine:refs/heads/main 2>&1; git push origin $mine:refs/heads/main 2>&1
git push --mirror origin 2>&1; git push --prune origin 'refs/heads/*:refs/heads/*' 2>&1
for ref in refs/notes/commits refs/replace/$base refs/pull-requests/1/from refs/stash refs/sallyport/x; do git push origin $mine:$ref 2>&1; done
git push --atomic origin $mine:refs/heads/both :refs/heads/feature 2>&1
git push origin $mine:refs/heads/both :refs/heads/feature 2>&1
echo TRIED ALL`;

const GROW = `set -e; git fetch -q origin feature; git checkout -q -b work FETCH_HEAD; echo x >x.txt; commit
git push -q origin HEAD:refs/heads/feature HEAD:refs/heads/new HEAD:refs/tags/v1; git rev-parse HEAD | sed 's/^/AT /'`;
const TWIN = { steps: [{ scopes: WIDE, items: [{ bash: GROW }] }] };

export const forcePush: Attack = {
  attack: 30,
  title: "force push, branch delete, tag move",
  where: "box",

  async hostile(place) {
    const { sentences, unless } = createSentences();
    await openPullRequest(place, "feature");
    const before = heads(place.refs());
    const ran = await place.run({ steps: [{ scopes: WIDE, items: [{ bash: SCRIPT }] }] });
    unless(ran.output.includes("TRIED ALL"), "the pushes did not all take place");
    const after = place.refs();
    unless(heads(after) === before, `branches: ${before} became ${heads(after)}`);
    const tag = /^TAG (?<id>[0-9a-f]+)$/mu.exec(ran.output)?.groups?.["id"];
    unless(tag !== undefined && after.get("refs/tags/v1") === tag, "a tag moved or is gone");
    const strange = [...after.keys()].filter((ref) => /^refs\/(notes|replace|stash|sallyport\/x)/u.test(ref));
    unless(strange.length === 0, `refs of another kind: ${strange.join()}`);
    return { gotThrough: sentences };
  },

  async benign(place) {
    const { sentences, unless } = createSentences();
    // Committed first: a branch without the reviewed file would change an authority file.
    place.prepare(TWIN);
    place.commit({});
    await openPullRequest(place, "feature");
    const ran = await place.run(TWIN);
    const at = /^AT (?<id>[0-9a-f]+)$/mu.exec(ran.output)?.groups?.["id"];
    for (const ref of ["refs/heads/feature", "refs/heads/new", "refs/tags/v1"]) {
      unless(at !== undefined && place.refs().get(ref) === at, `${ref} could not be pushed: ${ran.output.slice(-300)}`);
    }
    return { broke: sentences };
  },
};

function heads(refs: ReadonlyMap<string, string>): string {
  return JSON.stringify([...refs].filter(([ref]) => ref.startsWith("refs/heads/")));
}
