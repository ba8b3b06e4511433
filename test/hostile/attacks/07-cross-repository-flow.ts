import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { createSentences, type Attack } from "../attack.ts";
import type { HostilePlace } from "../hostile-place.ts";
import { WIDE } from "../pipeline-files.ts";
import { addBranch, decisions, openTitles } from "../shop.ts";

const PRIVATE = "salaries-of-everybody";

/** Spellings of another repository's address, below `/2.0`. */
const PATHS = [
  "/repositories/demo/payroll",
  "/repositories/demo/payroll/src/main/SALARIES.md",
  "/repositories/demo/payroll/pullrequests",
  "/repositories/DEMO/Payroll/src/main/SALARIES.md",
  "/repositories/demo/%70ayroll/src/main/SALARIES.md",
  "/repositories/demo%2fpayroll/src/main/SALARIES.md",
  "/repositories/demo/shop/../payroll/src/main/SALARIES.md",
  "/repositories/demo/shop/%2e%2e/payroll/src/main/SALARIES.md",
  "/repositories/demo/shop/..%2fpayroll/src/main/SALARIES.md",
  "/repositories/demo/shop%2f..%2fpayroll/src/main/SALARIES.md",
  "/repositories/demo/shop/src/main/../../../payroll/src/main/SALARIES.md",
  "/repositories/demo/shop%00/../payroll/src/main/SALARIES.md",
  "//repositories/demo/payroll/src/main/SALARIES.md",
  "/repositories/%7B%7D/payroll/src/main/SALARIES.md",
  "/repositories/demo/shop/src/main/SALARIES.md?repository=demo/payroll",
  "/repositories/demo",
  "/workspaces/demo/repositories",
  "/user/repositories",
] as const;

const GIT = [
  "demo/payroll",
  "DEMO/PAYROLL",
  "demo/payroll.git",
  "demo/%70ayroll",
  "demo/shop/../payroll",
  "demo/shop%2f..%2fpayroll",
];

const BODIES = [
  '{"title":"Flow","source":{"branch":{"name":"main"},"repository":{"full_name":"demo/payroll"}}}',
  '{"title":"Flow","source":{"branch":{"name":"idle"}},"destination":{"branch":{"name":"main"},"repository":{"full_name":"demo/payroll"}}}',
];

const SCRIPT = `
for path in ${PATHS.map((path) => `'${path}'`).join(" ")}; do ask GET "$door/2.0$path"; done
ask GET $api/src/main/SALARIES.md "" -H "Host: 127.0.0.1:29418" -H "X-Original-URL: /2.0/repositories/demo/payroll/src/main/SALARIES.md"
for repository in ${GIT.join(" ")}; do
  git ls-remote "$door/git/$repository" 2>&1
  git clone -q "$door/git/$repository" "/tmp/$RANDOM" 2>&1
  git push -q "$door/git/$repository" HEAD:refs/heads/flow 2>&1
done
cat /tmp/*/SALARIES.md
git ls-remote https://bitbucket.org/demo/payroll.git 2>&1
git fetch -q origin $(cat other-commit.txt) 2>&1 && git show FETCH_HEAD:SALARIES.md
for body in ${BODIES.map((body) => `'${body}'`).join(" ")}; do ask POST "$api/pullrequests" "$body"; done
tool createPullRequest '{"title":"Flow","sourceBranch":"idle","repoSlug":"payroll","repository":"demo/payroll","workspace":"demo"}'
tool createPullRequest '{"title":"Flow","sourceBranch":"demo/payroll:main"}'
tool getFileContent '{"commit":"main","path":"../../../payroll/src/main/SALARIES.md"}'
tool getFileContent '{"commit":"../../payroll/src/main","path":"SALARIES.md"}'
tool getPullRequests '{"repository":"demo/payroll"}'
tool getFileContent '{"commit":"'$(cat other-commit.txt)'","path":"SALARIES.md"}'
echo TRIED ALL`;

export const crossRepositoryFlow: Attack = {
  attack: 7,
  title: "cross-repository toxic flow",
  where: "box",

  async hostile(place) {
    const { sentences, unless } = createSentences();
    const other = await addPayroll(place);
    addBranch(place, "idle");
    const before = JSON.stringify(payrollRefs(place));
    place.write({ "other-commit.txt": other });
    const ran = await place.run({ steps: [{ scopes: WIDE, items: [{ bash: SCRIPT }] }] });
    unless(ran.output.includes("TRIED ALL"), "the attempts did not all take place");
    unless(!ran.output.includes(PRIVATE), "a private repository's text was read");
    unless(JSON.stringify(payrollRefs(place)) === before, "another repository's refs moved");
    unless(!(await openTitles(place)).includes("Flow"), "a pull request was opened from or into another repository");
    for (const path of PATHS.slice(0, 5)) {
      unless(
        new RegExp(`${escape(path)} .*\\[(404|400)\\]$`, "mu").test(ran.output),
        `${path} was not answered as missing`,
      );
    }
    const denied = decisions(ran.events).filter((decision) => decision.endsWith(" repository"));
    for (const door of ["rest", "git"]) {
      unless(
        denied.some((decision) => decision.includes(` ${door} `)),
        `no denial by the repository gate on the door ${door}`,
      );
    }
    return { gotThrough: sentences };
  },

  async benign(place) {
    const { sentences, unless } = createSentences();
    addBranch(place, "idle");
    const ran = await place.run({
      steps: [
        {
          scopes: WIDE,
          items: [
            {
              bash: `ask GET "$api/src/main/README.md"; ask GET $door/2.0/repositories/Demo/%73hop/src/main/README.md
git clone -q https://bitbucket.org/demo/shop.git /tmp/own && echo CLONED
ask POST "$api/pullrequests" '{"title":"Own","source":{"branch":{"name":"idle"}},"destination":{"branch":{"name":"main"}}}'`,
            },
          ],
        },
      ],
    });
    unless((ran.output.match(/A shop\./gu) ?? []).length === 2, "the own repository cannot be read by REST");
    unless(ran.output.includes("CLONED"), "the own repository cannot be cloned by its hosted address");
    unless((await openTitles(place)).includes("Own"), "a pull request in the own repository cannot be opened");
    return { broke: sentences };
  },
};

/** A second repository in the same forge, by its person's own clone. Returns its commit. */
async function addPayroll(place: HostilePlace): Promise<string> {
  const clone = join(place.root, "payroll");
  const git = (...args: readonly string[]): string =>
    execFileSync("git", ["-C", clone, "-c", "user.name=Robin", "-c", "user.email=robin@shop.example", ...args], {
      encoding: "utf8",
    });
  execFileSync("git", ["init", "--quiet", "--initial-branch=main", clone]);
  git("remote", "add", "origin", "https://bitbucket.org/demo/payroll.git");
  execFileSync("sh", ["-c", `echo ${PRIVATE} >"$0/SALARIES.md"`, clone]);
  git("add", "--all");
  git("commit", "--quiet", "--message=Start");
  git("branch", "next");
  await place.ask("pr", "create", "--repo", clone, "--source", "next", "--title", "Next").catch(() => null);
  return git("rev-parse", "HEAD").trim();
}

function payrollRefs(place: HostilePlace): string {
  const bare = join(place.home, "forge", "demo", "payroll.git");
  return execFileSync("git", ["--git-dir", bare, "for-each-ref"], { encoding: "utf8" });
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/gu, "\\$&");
}
