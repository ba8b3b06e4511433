import { expect, test } from "vitest";
import { makePlace, oneStep } from "./place.ts";

const SCOPES = '          auth: { system: { scopes: ["write:repository:bitbucket"] } }\n';

test("what a push did is on record as it ended: an allowed ref beside a refused one did not move (rule 9, rule 14)", async () => {
  const script = [
    "git commit --quiet --allow-empty -m more",
    "git push origin HEAD:refs/heads/notes HEAD:refs/zzz/notes || echo refused",
    "git ls-remote origin refs/heads/notes | grep . && exit 9 || echo nothing moved",
    "git push origin HEAD:refs/heads/notes",
  ];
  using place = makePlace({ "bitbucket-pipelines.yml": oneStep(script, SCOPES) });
  const ended = await place.sallyport("run", "custom/work");
  expect(ended).toMatchObject({ code: 0 });
  expect(ended.stderr).toContain("nothing moved");
  expect(ended.stderr).toMatch(/✓ git push origin notes .*allowed, but not done/u);
  expect(ended.stderr).toMatch(/✓ git push origin notes +\S+ ms/u);
  const events = await place.ledger();
  const done = events.filter((event) => event.type === "operation.done" && event.operation === "git.push");
  expect(done).toMatchObject([{ status: "error" }, { status: "ok" }]);
  const decisions = events.filter((event) => event.type === "decision" && event.operation === "git.push");
  expect(decisions).toMatchObject([{ allow: true }, { allow: false, gate: "branch" }, { allow: true }]);
});
