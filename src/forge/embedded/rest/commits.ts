import type { Json } from "../../../base/index.ts";
import type { ForgeAnswer } from "../../forge.ts";
import { json, notFound } from "./answers.ts";
import { repositoryAddress, type Handler, type HandlerContext } from "./handler.ts";
import { pageAnswer, pageOf, readPage } from "./page.ts";
import { requireCommit } from "./repository.ts";

const FIELDS = ["%H", "%P", "%an", "%ae", "%aI", "%B"];
const FORMAT = FIELDS.join("%x00");

export const listCommits: Handler = async (context) => {
  const commit = await context.objects.resolve(`refs/heads/${await context.objects.defaultBranch()}`);
  return commit === null ? pageOf(context.call, context.address, []) : logAnswer(context, [], commit);
};

export const listCommitsAt: Handler = async (context) =>
  logAnswer(context, [], await requireCommit(context, "revision"));

export const getCommit: Handler = async (context) => {
  const [commit] = await readLog(context, ["--max-count=1", await requireCommit(context)]);
  if (commit === undefined) throw notFound("Commit");
  return json(commit);
};

/** One page of the commits that `tip` reaches and `excluded` do not, newest first. */
export async function logAnswer(
  context: HandlerContext,
  excluded: readonly string[],
  tip: string,
): Promise<ForgeAnswer> {
  const page = readPage(context.call);
  const { objects } = context;
  const exclude = excluded.map((id) => `^${id}`);
  const total = Number(await objects.git.text(["rev-list", "--count", tip, ...exclude, "--"], objects.at));
  const window = [`--skip=${page.offset}`, `--max-count=${page.pagelen}`];
  const values = await readLog(context, [...window, tip, ...exclude]);
  return pageAnswer(context.call, context.address, page, values, total);
}

async function readLog(context: HandlerContext, args: readonly string[]): Promise<readonly Json[]> {
  const { objects } = context;
  const output = await objects.git.text(["log", "-z", `--format=${FORMAT}`, ...args, "--"], objects.at);
  const values = output === "" ? [] : output.split("\0");
  const commits: Json[] = [];
  for (let index = 0; index + FIELDS.length <= values.length; index += FIELDS.length) {
    commits.push(presentCommit(context, values.slice(index, index + FIELDS.length)));
  }
  return commits;
}

function presentCommit(context: HandlerContext, fields: readonly string[]): Json {
  const [hash = "", parents = "", name = "", email = "", date = "", message = ""] = fields;
  return {
    type: "commit",
    hash,
    date,
    message,
    author: { type: "author", raw: `${name} <${email}>` },
    parents: parents.split(" ").flatMap((parent) => (parent === "" ? [] : [{ type: "commit", hash: parent }])),
    links: { self: { href: `${repositoryAddress(context)}/commit/${hash}` } },
  };
}
