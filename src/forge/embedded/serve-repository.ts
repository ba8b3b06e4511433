import type { Actor, Forge, GitEnd, GitReply, GitRequest } from "../forge.ts";
import { accountOf } from "./accounts.ts";
import type { Git, GitConfiguration } from "./git/git-process.ts";
import type { RefCommand } from "./hook-dialogue.ts";
import { serveGit } from "./http-backend.ts";
import { serveFetch } from "./upload-pack.ts";
import { judgePush } from "./push-judgement.ts";
import type { RefWrites } from "./ref-writes.ts";
import type { RepositoryStore } from "./repository-store.ts";
import type { Restrictions } from "./restrictions.ts";

/** A person may rewrite and delete refs; that a step may not is judged, and refused by git itself as well. */
const PUSH: GitConfiguration = [
  ["http.uploadpack", "true"],
  ["http.receivepack", "true"],
];
const PUSH_OF_STEP: GitConfiguration = [
  ...PUSH,
  ["receive.denyDeletes", "true"],
  ["receive.denyNonFastForwards", "true"],
  ["receive.fsckObjects", "true"],
  ["receive.maxInputSize", String(1024 * 1024 * 1024)],
];

export type GitService = {
  readonly git: Git;
  readonly store: RepositoryStore;
  readonly restrictions: Restrictions;
  readonly refWrites: RefWrites;
};

/** The addresses of the smart protocol (gitprotocol-http(5)); nothing of the dumb one. */
function readService(request: GitRequest): "fetch" | "push" | null {
  if (request.service === "info/refs") {
    if (request.method !== "GET") return null;
    if (request.query === "service=git-upload-pack") return "fetch";
    return request.query === "service=git-receive-pack" ? "push" : null;
  }
  if (request.method !== "POST" || request.query !== "") return null;
  return request.service === "git-upload-pack" ? "fetch" : "push";
}

/** Answers one git request of an actor, or says in plain text why not. */
export async function serveRepository(
  parts: GitService,
  ...[request, reply, actor, judge, trustedCommit]: Parameters<Forge["git"]>
): Promise<GitEnd> {
  const service = readService(request);
  if (service === null) return refuse(request, reply, 400, "this address speaks git's smart HTTP protocol only");
  if ((await parts.store.find(request.repository)) === null) return refuse(request, reply, 404, "no such repository");
  const gitDirectory = parts.store.pathOf(request.repository);
  if (service === "fetch") {
    if (request.service === "info/refs") request.body.resume();
    await serveFetch({ git: parts.git, gitDirectory, request, reply });
    return { moved: false };
  }
  let commands: readonly RefCommand[] = [];
  await serveGit({
    git: parts.git,
    root: parts.store.root,
    request,
    reply,
    user: reflogName(actor),
    configuration: actor.kind === "step" ? PUSH_OF_STEP : PUSH,
    judge: (push) => {
      commands = push.commands;
      return judgePush({ ...parts, gitDirectory, repository: request.repository, actor, judge, trustedCommit }, push);
    },
  });
  return { moved: commands.length > 0 && (await standAsAsked(parts.git, gitDirectory, commands)) };
}

/** After the hook git may still refuse: a ref that another push locks or moved, a name that clashes with a folder's. */
async function standAsAsked(git: Git, gitDirectory: string, commands: readonly RefCommand[]): Promise<boolean> {
  const text = await git.text(["for-each-ref", "--format=%(objectname) %(refname)"], { gitDirectory });
  const stand = new Map(text.split("\n").map((line) => [line.slice(line.indexOf(" ") + 1), line.split(" ", 1)[0]]));
  return commands.every(({ ref, to }) => (stand.get(ref) ?? null) === to);
}

function reflogName(actor: Actor): string {
  return accountOf(actor)
    .display_name.replaceAll(/[^\w .(),-]/gu, "_")
    .slice(0, 200);
}

function refuse(request: GitRequest, reply: GitReply, status: number, reason: string): GitEnd {
  request.body.resume();
  reply(status, { "content-type": "text/plain; charset=utf-8" }).end(`sallyport: ${reason}\n`);
  return { moved: false };
}
