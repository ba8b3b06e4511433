import type { Authority } from "../authority/index.ts";
import type { Forge, GitEnd, JudgeRefUpdate } from "../forge/index.ts";
import type { Caller } from "../gateway/index.ts";
import { operationById, type Decision, type Denial, type RefUpdate } from "../policy/index.ts";
import { explainDenial, summarize } from "./denial.ts";
import { sendText, type Exchange, type Route } from "./exchange.ts";
import { parseGitAddress, type GitAddress } from "./git-address.ts";
import type { BrokerLimits } from "./limits.ts";
import { limitBody } from "./read-body.ts";
import { recordUnlisted } from "./record-unlisted.ts";

type Parts = { readonly authority: Authority; readonly forge: Forge; readonly limits: BrokerLimits };
type Address = Extract<GitAddress, { readonly ok: true }>;

/** What git may hear of the forge's answer: https://git-scm.com/docs/http-protocol, and gzip. */
const ANSWER_HEADERS: ReadonlySet<string> = new Set([
  "cache-control",
  "content-encoding",
  "content-length",
  "content-type",
  "expires",
  "pragma",
]);

/**
 * `/git/<workspace>/<repo>/…`: git's smart HTTP protocol, as the step.
 *
 * Reading is `git.fetch`, once for each request. A push is one `git.push` for each ref, judged before any of them moves;
 * what the step could never push is refused where git first asks, so that it reads a sentence before it sends a pack.
 */
export function createGitRoute(authority: Authority, forge: Forge, limits: BrokerLimits): Route {
  const parts = { authority, forge, limits };
  return async (exchange) => {
    const { caller, request, response, path, query } = exchange;
    const { method = "" } = request;
    const address = parseGitAddress(method, path, query, request.headers["content-type"]);
    if (!address.ok) {
      const summary = `git ${method} ${path} (${address.reason})`;
      await recordUnlisted(authority, caller, { door: "git", repository: null, summary });
      return sendText(response, address.status, `Refused: ${address.reason}.\n`);
    }
    if (address.pushes) {
      const denial = await refusePush(authority, caller, address.repository);
      if (denial !== null) return sendDenial(exchange, denial);
    }
    if (address.service === "git-receive-pack") return await push(parts, exchange, address);
    // The refs that a push first asks for are a read like any other; the push itself is judged ref by ref.
    const outcome = await authority.perform(
      caller.admission.token.reveal(),
      {
        operation: operationById("git.fetch"),
        resource: { repository: address.repository, arguments: {} },
        door: "git",
        summary: `git ${address.service === "info/refs" ? "ls-remote" : "fetch"} ${nameOf(caller, address.repository)}`,
      },
      () => stream(parts, exchange, address),
    );
    if (!outcome.allowed) sendDenial(exchange, outcome.denial);
  };
}

/** Why this step may push nothing at all to that repository, recorded; or null, with no record yet. */
async function refusePush(authority: Authority, caller: Caller, repository: string): Promise<Denial | null> {
  const { admission } = caller;
  const token = admission.token.reveal();
  const operation = operationById("git.push");
  if (repository === admission.grant.repository && (await authority.foresee(token, operation)).allow) return null;
  const outcome = await authority.perform(
    token,
    {
      operation,
      resource: { repository, arguments: {} },
      door: "git",
      summary: `git push ${nameOf(caller, repository)}`,
    },
    () => Promise.resolve(),
  );
  return outcome.allowed ? null : outcome.denial;
}

/** The step's own repository is its `origin`; any other is called by its name. */
function nameOf({ admission }: Caller, repository: string): string {
  return repository === admission.grant.repository ? "origin" : repository;
}

/** What git refuses by itself, such as objects that its checks do not pass, comes to no ref; the attempt is recorded all the same. */
async function push(parts: Parts, exchange: Exchange, address: Address): Promise<void> {
  const { caller, request } = exchange;
  const { repository } = address;
  const ended = Promise.withResolvers<GitEnd>();
  const judged: Promise<unknown>[] = [];
  try {
    const end = await stream(parts, exchange, address, (update) => {
      const judgement = judgeRefUpdate(parts.authority, caller, { repository, update, ended: ended.promise });
      judged.push(judgement.recorded);
      return judgement.decision;
    });
    ended.resolve(end);
  } finally {
    ended.resolve({ moved: false });
    await Promise.all(judged);
  }
  // Before a large push git sends an empty one of four bytes, to see whether it would be let in.
  if (judged.length > 0 || request.headers["content-length"] === "4") return;
  const summary = "git push origin (git refused it before any ref)";
  await recordUnlisted(parts.authority, caller, { door: "git", repository, summary });
}

const NO_REF_MOVES: JudgeRefUpdate = () => Promise.reject(new TypeError("only a push moves refs"));

async function stream(
  { forge, limits }: Parts,
  exchange: Exchange,
  address: Address,
  judge: JudgeRefUpdate = NO_REF_MOVES,
): Promise<GitEnd> {
  const { caller, request, response, query, trustedCommit } = exchange;
  const { repository, service } = address;
  return await forge.git(
    {
      repository,
      service,
      method: service === "info/refs" ? "GET" : "POST",
      query,
      headers: {
        "content-type": request.headers["content-type"],
        "content-encoding": request.headers["content-encoding"],
        "content-length": request.headers["content-length"],
        "git-protocol": gitProtocol(request.headers["git-protocol"]),
      },
      body: limitBody(request, limits.gitBodyBytes),
    },
    (status, headers) => {
      const known = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
      response.writeHead(status, Object.fromEntries(known.filter(([name]) => ANSWER_HEADERS.has(name))));
      return response;
    },
    caller.actor,
    judge,
    trustedCommit,
  );
}

/** `version=2` and the like; git itself takes anything, but it becomes a variable of the forge's git. */
function gitProtocol(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" && /^[a-z0-9=:]{1,64}$/u.test(header) ? header : undefined;
}

/** Thrown into the record of a ref that was allowed and did not move, because another ref of its push was refused or git failed. */
class PushUndone extends Error {}

/**
 * Judges one ref. The decision is known before git goes on; the act of it is done, or failed, when git has ended, and only
 * then is that on record: `recorded` resolves.
 */
function judgeRefUpdate(
  authority: Authority,
  { admission }: Caller,
  push: { readonly repository: string; readonly update: RefUpdate; readonly ended: Promise<GitEnd> },
): { readonly decision: Promise<Decision>; readonly recorded: Promise<void> } {
  const { repository, update, ended } = push;
  const decision = Promise.withResolvers<Decision>();
  const attempt = {
    operation: operationById("git.push"),
    resource: { repository, arguments: {}, refUpdate: update },
    door: "git" as const,
    summary: summarize(`git push ${describe(update)}`),
  };
  const performed = authority.perform(admission.token.reveal(), attempt, async () => {
    decision.resolve({ allow: true, ask: false });
    if (!(await ended).moved) throw new PushUndone();
  });
  return { decision: decision.promise, recorded: settle() };

  async function settle(): Promise<void> {
    try {
      const outcome = await performed;
      if (!outcome.allowed) decision.resolve(outcome.denial);
    } catch (fault) {
      // A fault before the decision refuses the push: the hook gets no answer to it.
      if (!(fault instanceof PushUndone)) decision.reject(fault);
    }
  }
}

const FLAGS: Readonly<Record<RefUpdate["kind"], string>> = {
  create: "",
  update: "",
  force: "--force ",
  delete: "--delete ",
};

function describe({ ref, kind }: RefUpdate): string {
  return `${FLAGS[kind]}origin ${ref.replace(/^refs\/heads\//u, "")}`;
}

/** git prints a plain text body line by line behind `remote:`. 401 would only make it ask for a password. */
function sendDenial({ response }: Exchange, denial: Denial): void {
  sendText(response, denial.gate === "repository" ? 404 : 403, `${explainDenial(denial)}\n`);
}
