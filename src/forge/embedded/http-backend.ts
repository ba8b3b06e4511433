import type { ChildProcess } from "node:child_process";
import type { Duplex, Readable, Writable } from "node:stream";
import type { GitReply, GitRequest } from "../forge.ts";
import { readCgiHead } from "./cgi-head.ts";
import type { Git, GitConfiguration } from "./git/git-process.ts";
import { forward, GRACE, killGroup } from "./git/stream-process.ts";
import { answerHook, type PushRequest, type Verdict } from "./hook-dialogue.ts";

export type BackendRequest = {
  readonly git: Git;
  /** The folder that the repositories are under. */
  readonly root: string;
  readonly request: GitRequest;
  readonly reply: GitReply;
  /** Who pushes, for reflogs. */
  readonly user: string;
  readonly configuration: GitConfiguration;
  readonly judge: (push: PushRequest) => Promise<Verdict>;
};

/**
 * Runs `git http-backend` for one request of a push, streaming both ways; gzip bodies, chunked bodies and protocol version 2 are its
 * business. Descriptor 3 leads to the pre-receive hook. A client that goes away ends it.
 */
export async function serveGit(parts: BackendRequest): Promise<void> {
  const { git, request, reply } = parts;
  const child = git.start(["http-backend"], {
    environment: cgiVariables(parts),
    configuration: parts.configuration,
    directory: parts.root,
    stdio: ["pipe", "pipe", "pipe", "pipe"],
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => resolve());
  });
  // Observed below; this keeps a failed start from being an unhandled rejection meanwhile.
  ended.catch(() => undefined);
  child.stderr?.resume();
  const { stdin, stdout, channel } = streamsOf(child);
  const hook = answerHook(channel, parts.judge);
  hook.catch(() => undefined);
  feed(request.body, stdin);
  try {
    const { status, headers } = await readCgiHead(stdout);
    const arrived = await forward(stdout, reply(status, headers));
    // git leaves the objects of a push behind when it is killed, and clears them away when its input ends.
    if (!arrived) {
      if (request.service === "git-receive-pack") channel.destroy();
      else killGroup(child);
    }
  } catch (error) {
    killGroup(child);
    await ended;
    throw error;
  } finally {
    const timer = setTimeout(() => killGroup(child), GRACE);
    await ended.catch(() => undefined);
    clearTimeout(timer);
    channel.destroy();
  }
  // A judge that threw is a fault; one that still thinks about a push that nobody waits for any more is not waited for.
  await Promise.race([hook, Promise.resolve()]);
}

/** Pipes a request's body, and stays harmless when git has read enough or the client has sent too little. */
function feed(from: Readable, to: Writable): void {
  from.on("error", () => to.destroy());
  from.on("close", () => {
    if (!from.readableEnded) to.destroy();
  });
  to.on("error", () => {
    from.unpipe(to);
    from.resume();
  });
  from.pipe(to);
}

function cgiVariables({ root, request, user }: BackendRequest): Readonly<Record<string, string>> {
  const { headers } = request;
  const optional = (name: string, value: string | undefined): Record<string, string> =>
    value === undefined ? {} : { [name]: value };
  return {
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: "1",
    PATH_INFO: `/${request.repository}.git/${request.service}`,
    QUERY_STRING: request.query,
    REQUEST_METHOD: request.method,
    REMOTE_USER: user,
    REMOTE_ADDR: "127.0.0.1",
    ...optional("CONTENT_TYPE", headers["content-type"]),
    // Without it the backend reads to the end, as a chunked body needs.
    ...optional("CONTENT_LENGTH", headers["content-length"]),
    ...optional("HTTP_CONTENT_ENCODING", headers["content-encoding"]),
    ...optional("GIT_PROTOCOL", headers["git-protocol"]),
  };
}

function streamsOf(child: ChildProcess): { stdin: Writable; stdout: Readable; channel: Duplex } {
  const channel = child.stdio[3];
  if (child.stdin === null || child.stdout === null || channel === null || channel === undefined) {
    throw new TypeError("git was started without its pipes");
  }
  // Sound: Node makes each "pipe" a socket, which is a duplex stream, whatever the type of the array says.
  return { stdin: child.stdin, stdout: child.stdout, channel: channel as Duplex };
}
