import { isUtf8 } from "node:buffer";
import type { Duplex } from "node:stream";
import { inert } from "../../base/index.ts";
import { isNullId, isObjectId } from "./git/ref-name.ts";

/** One ref of a push, as `receive-pack` tells the hook. Null ids: it does not exist, or shall no more. */
export type RefCommand = { readonly ref: string; readonly from: string | null; readonly to: string | null };

/** What the hook tells. */
export type PushRequest = {
  /** Where the pushed objects wait, or null for a push without any. */
  readonly quarantine: string | null;
  readonly commands: readonly RefCommand[];
};

export type Verdict = { readonly allow: true } | { readonly allow: false; readonly message: readonly string[] };

/** More refs in one push than anyone means. */
const MOST_REFS = 1_000;
const MOST_BYTES = 2 * 1024 * 1024;

/**
 * Answers the pre-receive hook at the other end of `channel`. `judge` is asked once, with what the hook told; what it
 * throws, and anything malformed, refuses the push. Resolves when the channel ends, whether a hook spoke or not.
 */
export async function answerHook(channel: Duplex, judge: (push: PushRequest) => Promise<Verdict>): Promise<void> {
  try {
    const lines = await readRequest(channel);
    if (lines === null) return;
    const push = parseRequest(lines);
    const verdict = push === null ? refusal("the push could not be read") : await judge(push);
    channel.write(formatVerdict(verdict));
  } catch (error) {
    channel.write(formatVerdict(refusal("the push could not be judged")));
    throw error;
  }
}

function refusal(message: string): Verdict {
  return { allow: false, message: [`sallyport: refused, because ${message}`] };
}

/** The hook's lines up to `end`, or null when the channel closed without it. */
function readRequest(channel: Duplex): Promise<readonly string[] | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MOST_BYTES) finish([]);
      else if (chunk.at(-1) === 0x0a) {
        const bytes = Buffer.concat(chunks);
        const text = bytes.toString("utf8");
        // Two names that are not UTF-8 would read alike; git's own are.
        if (!isUtf8(bytes)) finish([]);
        else if (text.endsWith("\nend\n")) finish(text.split("\n").slice(0, -2));
      }
    };
    const onEnd = (): void => finish(null);
    function finish(result: readonly string[] | null): void {
      channel.off("data", onData);
      channel.off("end", onEnd);
      channel.off("close", onEnd);
      resolve(result);
    }
    channel.on("data", onData);
    channel.on("end", onEnd);
    channel.on("close", onEnd);
    // The child is gone; its exit code tells the rest.
    channel.on("error", () => undefined);
  });
}

function parseRequest(lines: readonly string[]): PushRequest | null {
  const [first, second, ...rest] = lines;
  const quarantine = /^quarantine (?<path>.*)$/u.exec(first ?? "")?.groups?.["path"];
  const objects = /^objects (?<path>.*)$/u.exec(second ?? "")?.groups?.["path"];
  if (quarantine === undefined || objects !== quarantine || rest.length === 0 || rest.length > MOST_REFS) return null;
  const commands: RefCommand[] = [];
  for (const line of rest) {
    const { from, to, ref } = /^ref (?<from>\S+) (?<to>\S+) (?<ref>refs\/.+)$/u.exec(line)?.groups ?? {};
    if (from === undefined || to === undefined || ref === undefined) return null;
    if (!isObjectId(from) || !isObjectId(to)) return null;
    commands.push({ ref, from: isNullId(from) ? null : from, to: isNullId(to) ? null : to });
  }
  return { quarantine: quarantine === "" ? null : quarantine, commands };
}

function formatVerdict(verdict: Verdict): string {
  if (verdict.allow) return "allow\n";
  return [...verdict.message.map((line) => `say ${inert(line)}`), "deny", ""].join("\n");
}
