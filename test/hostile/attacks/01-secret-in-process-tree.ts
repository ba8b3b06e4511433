import { createSentences, type Attack } from "../attack.ts";
import type { HostilePlace, Ran } from "../hostile-place.ts";
import { WIDE } from "../pipeline-files.ts";
import { JWT, SEARCH_PROGRAM } from "../search-box.ts";

const SEARCH = "perl search.pl";

/** The part inside the box: nothing that an agent could print is a secret. */
export const secretInProcessTree: Attack = {
  attack: 1,
  title: "secret in the process tree",
  where: "box",

  async hostile(place) {
    const { sentences, unless } = createSentences();
    await place.login();
    const ran = await place.run({
      agents: {
        // In an agent's box its own process is there too, with the client that talks to the gateway.
        thief: {
          play: [
            { call: "getPullRequests" },
            { shell: `${SEARCH} >found.txt 2>&1; cat /proc/*/environ | base64 >>found.txt` },
          ],
        },
      },
      files: { "search.pl": SEARCH_PROGRAM },
      steps: [
        { scopes: WIDE, items: [{ agent: "thief" }, { bash: `cat found.txt; ${SEARCH}; ps e -ef 2>/dev/null; true` }] },
      ],
    });
    const searches = ran.output.match(/^SEARCHED [1-9]\d* processes, [1-9]\d* regions of memory, [1-9]\d* files$/gmu);
    unless(searches?.length === 2, `the searches did not both take place: ${ran.output.slice(-500)}`);
    for (const find of ran.output.match(/^FOUND .*$/gmu) ?? []) unless(false, find);
    for (const [what, secret] of secretsOf(place)) {
      unless(!showsAnyForm(ran, secret), `${what} was printed`);
    }
    unless(!JWT.test(ran.output), "a token was printed");
    unless(
      !/^PROCESS .*(sallyport\.js|bwrap|main\.ts)/mu.test(ran.output.replaceAll(/bwrap --args.*/gu, "")),
      "a process of the host is visible",
    );
    return { gotThrough: sentences };
  },

  async benign(place) {
    const { sentences, unless } = createSentences();
    // What is in the box is found, by the same search: in the environment, in memory and in a file.
    const decoy = "ab".repeat(16);
    const ran = await place.run({
      files: { "search.pl": SEARCH_PROGRAM },
      steps: [{ items: [{ bash: `export DECOY="canary-${decoy}"; echo "canary-${decoy}" >/tmp/decoy; ${SEARCH}` }] }],
    });
    for (const where of ["environ of \\d+", "memory of \\d+", "file /tmp/decoy"]) {
      unless(new RegExp(`^FOUND ${where}: canary-${decoy}$`, "mu").test(ran.output), `the search missed ${where}`);
    }
    unless(ran.output.includes("ENV BITBUCKET_STEP_OAUTH_TOKEN=held-by-the-broker"), "the variables are not there");
    unless(ran.code === 0, `exit code ${ran.code}`);
    return { broke: sentences };
  },
};

function secretsOf(place: HostilePlace): readonly (readonly [what: string, secret: string])[] {
  return [
    ["the model key", place.modelKey],
    ["a variable of the parent's environment", place.canary],
  ];
}

/** In clear, or in base64 at any of the three offsets. */
function showsAnyForm(ran: Ran, secret: string): boolean {
  const printed = (ran.output + ran.stdout + ran.stderr).replaceAll(/\s+/gu, "");
  const encoded = [0, 1, 2].map((offset) =>
    Buffer.from(" ".repeat(offset) + secret)
      .toString("base64")
      .slice(offset === 0 ? 0 : 4, -4),
  );
  return [secret, ...encoded].some((form) => printed.includes(form));
}
