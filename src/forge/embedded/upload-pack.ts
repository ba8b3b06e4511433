import type { Readable } from "node:stream";
import type { GitReply, GitRequest } from "../forge.ts";
import type { Git } from "./git/git-process.ts";
import { forward, GRACE, killGroup } from "./git/stream-process.ts";

export type FetchRequest = {
  readonly git: Git;
  readonly gitDirectory: string;
  readonly request: GitRequest;
  readonly reply: GitReply;
};

/** What `http.maxRequestBuffer` is unless set: a request of a fetch is a list of ids. Bytes. */
const LONGEST_REQUEST = 10 * 1024 * 1024;

const NOT_CACHED = {
  expires: "Fri, 01 Jan 1980 00:00:00 GMT",
  pragma: "no-cache",
  "cache-control": "no-cache, max-age=0, must-revalidate",
};

/**
 * Answers one request of a fetch by `git upload-pack` itself, as `git http-backend` would (gitprotocol-http(5)): that is
 * three processes for each of a clone's three requests. A client that goes away ends it.
 */
export async function serveFetch({ git, gitDirectory, request, reply }: FetchRequest): Promise<void> {
  const lists = request.service === "info/refs";
  const body = lists ? Buffer.alloc(0) : await readRequest(request);
  if (body === null) {
    reply(413, { "content-type": "text/plain; charset=utf-8" }).end("sallyport: the request cannot be read\n");
    return;
  }
  const { "git-protocol": protocol } = request.headers;
  const child = git.start(["upload-pack", "--strict", lists ? "--http-backend-info-refs" : "--stateless-rpc", "."], {
    directory: gitDirectory,
    environment: protocol === undefined ? {} : { GIT_PROTOCOL: protocol },
    stdio: ["pipe", "pipe", "ignore"],
  });
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new TypeError("git was started without its pipes");
  const ended = new Promise<void>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => resolve());
  });
  // Observed below; this keeps a failed start from being an unhandled rejection meanwhile.
  ended.catch(() => undefined);
  // git may end without reading all of its input.
  stdin.on("error", () => undefined);
  stdin.end(body);
  const kind = lists ? "advertisement" : "result";
  const answer = reply(200, { "content-type": `application/x-git-upload-pack-${kind}`, ...NOT_CACHED });
  if (lists && !isVersion2(protocol)) answer.write("001e# service=git-upload-pack\n0000");
  try {
    if (!(await forward(stdout, answer))) killGroup(child);
  } finally {
    const timer = setTimeout(() => killGroup(child), GRACE);
    await ended.finally(() => clearTimeout(timer));
  }
}

/** The highest version that is named counts (`determine_protocol_version_server` in git's protocol.c), and 2 is the highest. */
function isVersion2(protocol: string | undefined): boolean {
  return protocol?.split(":").includes("version=2") === true;
}

/**
 * The whole request, inflated: git answers only when it has read all of it, so nothing waits for anything else. Null when
 * it is too long or no gzip.
 */
async function readRequest({ body, headers }: GitRequest): Promise<Buffer | null> {
  const bytes = await readAll(body);
  if (bytes === null || !/^(?:x-)?gzip$/u.test(headers["content-encoding"] ?? "")) return bytes;
  const { gunzipSync } = await import("node:zlib");
  try {
    return gunzipSync(bytes, { maxOutputLength: LONGEST_REQUEST });
  } catch {
    return null;
  }
}

async function readAll(body: Readable): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Sound: a stream without an encoding gives buffers.
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LONGEST_REQUEST) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
