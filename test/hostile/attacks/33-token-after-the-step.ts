import { createSentences, type Attack } from "../attack.ts";
import type { Grant } from "../../../src/policy/index.ts";
import { endOf, type Ended } from "../../main-job/place.ts";
import type { HostilePlace } from "../hostile-place.ts";
import { PAUSE, untilPaused } from "../pause.ts";
import { WIDE } from "../pipeline-files.ts";
import { withRooms } from "../rooms.ts";
import { openPullRequest, openTitles } from "../shop.ts";

const WORK = {
  agents: {
    writer: {
      play: [
        { shell: PAUSE },
        { push: { branch: "late", files: { "late.txt": "x\n" }, message: "x" } },
        { call: "createPullRequest", with: { title: "Late", sourceBranch: "late" } },
      ],
    },
  },
  steps: [{ scopes: WIDE, items: [{ agent: "writer" as const }] }],
};

/** A token of a running item, captured. The grant is the one on record, so that nothing but time speaks against it. */
type Captured = { readonly token: string; readonly grant: Grant };

export const tokenAfterTheStep: Attack = {
  attack: 33,
  title: "token after the step",
  where: "none",

  async hostile(place) {
    const { sentences, unless } = createSentences();
    await openPullRequest(place, "feature");

    const first = await pauseRun(place);
    const captured = await capture(place);
    unless(await isGood(place, captured), "the captured token was never good");
    first.goOn();
    const ran = await place.finish(await first.ended);
    unless(ran.code === 0, `the run ended with ${ran.code}: ${ran.stderr.slice(-300)}`);
    unless(!(await isGood(place, captured)), "a token is good after its step ended");
    for (const id of await liveIds(place)) unless(false, `token ${id} is still live after the run`);

    const second = await pauseRun(place);
    const killed = await capture(place);
    unless(await isGood(place, killed), "the second captured token was never good");
    second.child.kill("SIGKILL");
    await second.ended;
    // Any later command, in another process, ends what the dead one left.
    const later = await place.sallyport(["runs", "--json"]);
    unless(
      later.code === 0 && later.stdout.includes("interrupted"),
      `the next command does not report the run: ${later.stderr}`,
    );
    unless(!(await isGood(place, killed)), "a token outlives the process that was killed");
    for (const id of await liveIds(place)) unless(false, `token ${id} is still live after kill -9`);
    unless(!(await openTitles(place)).includes("Late") || ran.code === 0, "the killed run went on");
    unless((await place.sallyport(["audit", "verify"])).code === 0, "the ledgers do not verify");
    return { gotThrough: sentences };
  },

  async benign(place) {
    const { sentences, unless } = createSentences();
    await openPullRequest(place, "feature");
    const lasting = await pauseRun(place);
    const captured = await capture(place);
    // Another run that ends, or a command that looks for dead runs, ends no token but its own.
    place.prepare({ steps: [{ items: [{ bash: "true" }] }] });
    unless((await place.sallyport(["run", "custom/work"])).code === 0, "a second run does not pass");
    await place.sallyport(["runs"]);
    unless(await isGood(place, captured), "a running step's token was revoked by another run");
    lasting.goOn();
    const ended = await lasting.ended;
    unless(
      ended.code === 0 && (await openTitles(place)).includes("Late"),
      `the step could not go on: ${ended.stderr.slice(-300)}`,
    );
    return { broke: sentences };
  },
};

async function pauseRun(place: HostilePlace) {
  place.prepare(WORK);
  const child = place.start(["run", "custom/work"]);
  const ended: Promise<Ended> = endOf(child);
  return { child, ended, goOn: await untilPaused(place.home) };
}

/** Mints a token for the newest agent item on record: bit for bit what the broker holds for it. */
async function capture(place: HostilePlace): Promise<Captured> {
  const grants = (await place.ledger()).flatMap((event) =>
    event.type === "grant.made" && event.grant.agent !== null ? [event.grant] : [],
  );
  const grant = grants.toSorted((a, b) => a.expiresAt - b.expiresAt).at(-1);
  if (grant === undefined) throw new Error("no agent's grant is on record");
  const token = await withRooms(place.home, async ({ tokens }) => (await tokens.mint(grant)).token.reveal());
  return { token, grant };
}

/** Asked in a service that was opened for this one question. */
function isGood(place: HostilePlace, { token, grant }: Captured): Promise<boolean> {
  return withRooms(place.home, async ({ tokens }) => (await tokens.verify(token, grant)).ok);
}

async function liveIds(place: HostilePlace): Promise<readonly string[]> {
  const ids = (await place.ledger()).flatMap((event) => (event.type === "token.minted" ? [event.token] : []));
  if (ids.length === 0) throw new Error("no token is on record");
  return withRooms(place.home, async ({ tokens }) => ids.filter((id) => tokens.isLive(id)));
}
