import type { Json } from "../../../base/index.ts";
import { isObject } from "../../../policy/index.ts";
import { RequestFault, text } from "../rest/answers.ts";
import { logAnswer } from "../rest/commits.ts";
import type { Handler, HandlerContext } from "../rest/handler.ts";
import { pageOf } from "../rest/page.ts";
import { statusesAnswer } from "../rest/statuses.ts";
import { tablesOf } from "../tables.ts";
import { stored } from "./present.ts";
import { readTips, requirePullRequest } from "./rows.ts";

/** A longer diff is for `git fetch`. */
const LONGEST_DIFF = 8 * 1024 * 1024;

const SAFE_DIFF = ["--no-ext-diff", "--no-textconv", "--no-color", "--find-renames"];

/** The source's changes since it left the destination, as a unified diff. */
export const getDiff: Handler = async (context) => {
  const [base, source] = await readRange(context);
  const { objects } = context;
  const args = ["diff", ...SAFE_DIFF, "--end-of-options", base, source, "--"];
  const limits = { ...objects.at, maxOutput: LONGEST_DIFF };
  const result = await objects.git.run(args, limits).catch(() => null);
  if (result?.code !== 0)
    throw new RequestFault(413, `The diff is longer than ${LONGEST_DIFF} bytes; fetch the branch`);
  return text(result.stdout, "text/plain; charset=utf-8");
};

export const getDiffstat: Handler = async (context) => {
  const [base, source] = await readRange(context);
  const { objects } = context;
  const args = ["diff", "--raw", "--numstat", "-z", ...SAFE_DIFF, "--end-of-options", base, source, "--"];
  return pageOf(context.call, context.address, readDiffstat(await objects.git.text(args, objects.at)));
};

async function readRange(context: HandlerContext): Promise<readonly [base: string, source: string]> {
  const { source, destination } = await readTips(context, await requirePullRequest(context));
  const base = await context.objects.mergeBase(destination, source);
  return [base ?? destination, source];
}

const STATUS: Readonly<Record<string, string>> = { A: "added", D: "removed", R: "renamed", C: "added" };

/** First every file's raw record, then every file's line counts, in the same order (git-diff(1), "-z"). */
function readDiffstat(output: string): readonly Json[] {
  const fields = output.split("\0");
  const files: { readonly status: string; readonly from: string; readonly to: string }[] = [];
  let at = 0;
  while (fields[at]?.startsWith(":") === true) {
    const letter = fields[at]?.split(" ").at(-1)?.charAt(0) ?? "M";
    const from = fields[at + 1] ?? "";
    const two = letter === "R" || letter === "C";
    files.push({ status: STATUS[letter] ?? "modified", from, to: two ? (fields[at + 2] ?? "") : from });
    at += two ? 3 : 2;
  }
  return files.map(({ status, from, to }) => {
    const [added = "0", removed = "0", path = ""] = (fields[at] ?? "").split("\t");
    at += path === "" ? 3 : 1;
    return {
      type: "diffstat",
      status,
      // "-" for a binary file.
      lines_added: Number(added) || 0,
      lines_removed: Number(removed) || 0,
      old: status === "added" ? null : { type: "commit_file", path: from },
      new: status === "removed" ? null : { type: "commit_file", path: to },
    };
  });
}

export const listPullRequestCommits: Handler = async (context) => {
  const { source, destination } = await readTips(context, await requirePullRequest(context));
  return logAnswer(context, [destination], source);
};

export const listPullRequestStatuses: Handler = async (context) => {
  const { source } = await readTips(context, await requirePullRequest(context));
  return statusesAnswer(context, source);
};

/** Newest first, each entry with the pull request that it is about. */
export const listActivity: Handler = async (context) => {
  const row = await requirePullRequest(context);
  const rows = await tablesOf(context.database)
    .selectFrom("forge_activity")
    .select("entry")
    .where("repository", "=", context.repository.name)
    .where("pull_request", "=", row.id)
    .orderBy("sequence", "desc")
    .execute();
  const about = { type: "pullrequest", id: row.id, title: row.title };
  return pageOf(
    context.call,
    context.address,
    rows.map(({ entry }) => withPullRequest(about, stored(entry))),
  );
};

function withPullRequest(pullRequest: Json, entry: Json): Json {
  return isObject(entry) ? { pull_request: pullRequest, ...entry } : entry;
}
