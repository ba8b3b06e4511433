import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import { SallyportError } from "../../../base/index.ts";
import type { Git } from "./git-process.ts";

/** An object's id and kind, as git answers for a name: an id, a ref, or `<commit>:<path>`. */
export type ObjectInfo = {
  readonly id: string;
  readonly type: "blob" | "tree" | "commit" | "tag";
  /** Bytes. */
  readonly size: number;
};

/**
 * Looks objects up through one `git cat-file` that stays: a lookup costs a pipe's round trip instead of a process. Refs are
 * read anew each time, so nothing is ever stale. Lookups may run concurrently; names must be well-formed already.
 */
export interface ObjectReader extends Disposable {
  /** Null when there is no such object. */
  info(name: string): Promise<ObjectInfo | null>;
  contents(name: string): Promise<{ readonly info: ObjectInfo; readonly bytes: Buffer } | null>;
}

type Answer = { readonly info: ObjectInfo; readonly bytes: Buffer } | null;
type Question = {
  readonly name: string;
  readonly wantsBytes: boolean;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
};

/** The process starts with the first lookup, and again if it was lost. It keeps nobody's event loop alive but while asked. */
export function createObjectReader(
  git: Git,
  gitDirectory: string,
  environment: Readonly<Record<string, string>> = {},
): ObjectReader {
  let child: ChildProcess | null = null;
  let waiting: Question[] = [];
  let received: Buffer[] = [];
  let length = 0;
  /** What must have come before it is worth a look: to join a large object at each of its chunks takes quadratic time. */
  let needed = 0;

  function ensureChild(): ChildProcess {
    if (child !== null) return child;
    const started = git.start(["cat-file", "--batch-command", "-z"], {
      gitDirectory,
      environment,
      stdio: ["pipe", "pipe", "ignore"],
    });
    started.stdout?.on("data", (chunk: Buffer) => {
      received.push(chunk);
      length += chunk.length;
      if (length >= needed) answerWaiting();
    });
    started.stdin?.on("error", () => undefined);
    started.on("error", () => lose(started));
    started.on("close", () => lose(started));
    child = started;
    return started;
  }

  function lose(lost: ChildProcess): void {
    if (child !== lost) return;
    const unanswered = waiting;
    child = null;
    waiting = [];
    keep(Buffer.alloc(0), 0);
    const error = new SallyportError(
      "machine-fault",
      `git cat-file in ${gitDirectory} ended; check the disk and memory.`,
    );
    for (const { reject } of unanswered) reject(error);
  }

  function keep(rest: Buffer, wanted: number): void {
    received = rest.length === 0 ? [] : [rest];
    length = rest.length;
    needed = wanted;
  }

  function answerWaiting(): void {
    let rest = Buffer.concat(received);
    for (;;) {
      const [question] = waiting;
      const found = question === undefined ? undefined : readAnswer(rest, question);
      if (question === undefined || found?.answer === undefined) return keep(rest, found?.length ?? 0);
      rest = rest.subarray(found.length);
      waiting.shift();
      if (waiting.length === 0 && child !== null) hold(child, false);
      question.resolve(found.answer);
    }
  }

  function ask(name: string, wantsBytes: boolean): Promise<Answer> {
    const running = ensureChild();
    hold(running, true);
    return new Promise((resolve, reject) => {
      if (waiting.length === 0) cork(running);
      waiting.push({ name, wantsBytes, resolve, reject });
      running.stdin?.write(`${wantsBytes ? "contents" : "info"} ${name}\0`);
    });
  }

  return {
    info: async (name) => (await ask(name, false))?.info ?? null,
    contents: (name) => ask(name, true),
    [Symbol.dispose]() {
      const running = child;
      if (running === null) return;
      lose(running);
      running.stdin?.destroy();
      running.stdout?.destroy();
      running.kill();
    },
  };
}

/** One answer at the start of `received` and its length; undefined for what is not known yet. */
function readAnswer(
  received: Buffer,
  { name, wantsBytes }: Question,
): { readonly answer: Answer | undefined; readonly length: number } | undefined {
  // The name comes back as it was sent, which may hold a line feed.
  for (const word of ["missing", "ambiguous"]) {
    const nothing = Buffer.from(`${name} ${word}\n`);
    if (received.subarray(0, nothing.length).equals(nothing)) return { answer: null, length: nothing.length };
  }
  const end = received.indexOf(0x0a);
  if (end < 0) return undefined;
  const { id, type, size } =
    /^(?<id>[0-9a-f]{40,64}) (?<type>\w+) (?<size>\d+)$/u.exec(received.toString("utf8", 0, end))?.groups ?? {};
  // A name with a line feed whose "missing" has not come whole yet.
  if (id === undefined || size === undefined || !isType(type)) return undefined;
  const info = { id, type, size: Number(size) };
  const start = end + 1;
  if (!wantsBytes) return { answer: { info, bytes: Buffer.alloc(0) }, length: start };
  const length = start + info.size + 1;
  if (received.length < length) return { answer: undefined, length };
  return { answer: { info, bytes: received.subarray(start, start + info.size) }, length };
}

function isType(type: string | undefined): type is ObjectInfo["type"] {
  return type === "blob" || type === "tree" || type === "commit" || type === "tag";
}

/** What is asked in one turn goes out as one write: each costs the other process a wake-up. */
function cork({ stdin }: ChildProcess): void {
  stdin?.cork();
  process.nextTick(() => stdin?.uncork());
}

/** Whether the process and its pipes keep the event loop alive. */
function hold(child: ChildProcess, held: boolean): void {
  // Sound: Node makes each "pipe" of a child a socket, whatever the declared type says.
  const handles = [child, child.stdin as Socket | null, child.stdout as Socket | null];
  for (const handle of handles) {
    if (held) handle?.ref();
    else handle?.unref();
  }
}
