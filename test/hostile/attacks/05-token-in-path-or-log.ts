import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join, relative } from "node:path";
import { createSentences, type Attack } from "../attack.ts";
import { endOf } from "../../main-job/place.ts";
import type { HostilePlace } from "../hostile-place.ts";
import { PAUSE, untilPaused, walk } from "../pause.ts";
import { WIDE } from "../pipeline-files.ts";
import { withRooms } from "../rooms.ts";
import { JWT } from "../search-box.ts";
import { openPullRequest, openTitles } from "../shop.ts";

/** Where secrets live on purpose. */
const VAULTS = ["keys", "credentials"];

const WORK = {
  agents: {
    writer: {
      play: [
        { call: "getPullRequestDetails", with: { pullRequestId: 1 } },
        { push: { branch: "notes", files: { "NOTES.md": "notes\n" }, message: "Add notes" } },
        { call: "createPullRequest", with: { title: "Notes", sourceBranch: "notes" } },
        {
          shell:
            "curl -sS http://127.0.0.1:29418/model/anthropic/v1/models; curl -sS http://127.0.0.1:29418/2.0/nowhere",
        },
        { shell: PAUSE },
      ],
    },
  },
  steps: [{ scopes: WIDE, items: [{ agent: "writer" as const }] }],
};

export const tokenInPathOrLog: Attack = {
  attack: 5,
  title: "token in a path or log",
  where: "box",

  async hostile(place) {
    const { sentences, unless } = createSentences();
    await place.login();
    await openPullRequest(place, "feature");
    place.prepare(WORK);
    const child = place.start(["run", "custom/work"]);
    const ended = endOf(child);
    const goOn = await untilPaused(place.home);
    const secrets = [place.modelKey, place.canary, signingKey(place)];
    // While the tokens live: what any process list on the machine shows.
    for (const [pid, text] of commandLines()) {
      unless(!shows(text, secrets), `the arguments of process ${pid} show a secret`);
    }
    for (const path of walk(place.home)) unless(!shows(path, secrets), "a path shows a secret");
    goOn();
    const ran = await place.finish(await ended);
    unless(
      ran.events.some(({ type }) => type === "token.minted"),
      "no token was minted",
    );
    unless(!shows(ran.output + ran.stdout + ran.stderr, secrets), "a secret was printed");
    for (const command of [["show", ran.run, "--json"], ["audit", "export", ran.run], ["doctor"], ["runs", "--json"]]) {
      const said = await place.sallyport(command);
      unless(!shows(said.stdout + said.stderr, secrets), `sallyport ${command.join(" ")} prints a secret`);
    }
    for (const path of walk(place.home)) judgeFile(place, path, secrets, unless);
    unless(mode(place.home) === 0o700, "the state directory is open to others");
    return { gotThrough: sentences };
  },

  async benign(place) {
    const { sentences, unless } = createSentences();
    await openPullRequest(place, "feature");
    const ran = await place.run({ ...WORK, agents: { writer: { play: WORK.agents.writer.play.slice(0, 4) } } });
    unless(ran.code === 0 && (await openTitles(place)).includes("Notes"), "the agent could not do its work");
    // A token does look like what was searched for, and the ledger names it by its id.
    const minted = ran.events.find((event) => event.type === "grant.made");
    if (minted?.type === "grant.made") {
      const { token } = await withRooms(place.home, ({ tokens }) => tokens.mint(minted.grant));
      unless(JWT.test(token.reveal()), "a token does not look like what was searched for");
    } else unless(false, "no grant is on record");
    return { broke: sentences };
  },
};

function judgeFile(
  place: HostilePlace,
  path: string,
  secrets: readonly string[],
  unless: (holds: boolean, sentence: string) => void,
): void {
  const stats = lstatSync(path);
  const name = relative(place.home, path);
  const inVault = VAULTS.some((vault) => name === vault || name.startsWith(`${vault}/`));
  if (stats.isFile() && !inVault) {
    unless(!shows(readFileSync(path, "latin1"), secrets), `${name} holds a secret`);
  }
  // Git's own files below a private folder keep git's modes.
  if (name.startsWith("forge/")) return;
  unless(stats.isSymbolicLink() || (mode(path) & 0o077) === 0, `${name} has mode ${mode(path).toString(8)}`);
}

function shows(text: string, secrets: readonly string[]): boolean {
  return JWT.test(text) || secrets.some((secret) => text.includes(secret));
}

/** The private part of the key that signs tokens. */
function signingKey(place: HostilePlace): string {
  const { d } = JSON.parse(readFileSync(join(place.home, "keys", "token.jwk"), "utf8")) as { readonly d: string };
  return d;
}

function mode(path: string): number {
  return lstatSync(path).mode & 0o777;
}

function commandLines(): readonly (readonly [pid: string, text: string])[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/u.test(name));
  return pids.flatMap((pid) => {
    try {
      const here = readlinkSync(`/proc/${pid}/cwd`);
      return [[pid, `${readFileSync(`/proc/${pid}/cmdline`, "utf8")} ${here}`] as const];
    } catch {
      return [];
    }
  });
}
