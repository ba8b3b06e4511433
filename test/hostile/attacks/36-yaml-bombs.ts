import { readFileSync } from "node:fs";
import { endOf, type Ended } from "../../main-job/place.ts";
import { createSentences, type Attack } from "../attack.ts";
import type { HostilePlace } from "../hostile-place.ts";

const FILE = "bitbucket-pipelines.yml";
/** Node itself with this program loaded, and room for a file: far below what any of the bombs would take. */
const MEMORY_MIB = 400;
const PATIENCE_MS = 30_000;

const step = (script: string): string =>
  `pipelines:\n  custom:\n    work:\n      - step:\n          script: ${script}\n`;

const laughs = (levels: number): string => {
  const lines = Array.from({ length: levels }, (_, level) => {
    const below = level === 0 ? "ha" : `*l${level - 1}`;
    return `  l${level}: &l${level} [${Array.from({ length: 10 }, () => below).join(", ")}]`;
  });
  return `definitions:\n${lines.join("\n")}\n${step(`*l${levels - 1}`)}`;
};

const BOMBS: readonly (readonly [name: string, text: string])[] = [
  ["a billion laughs", laughs(12)],
  [
    "laughs of maps",
    laughs(9)
      .replaceAll("[", "[{a: ")
      .replaceAll(/,(?= [*h])/gu, "}, {a: ")
      .replaceAll(/(?<=l\d|ha)\]/gu, "}]"),
  ],
  ["an alias to itself", step("&a [*a]")],
  ["a merge key of itself", `definitions: &d\n  <<: *d\n${step("[echo]")}`],
  ["a hundred thousand aliases", `definitions: &d [x]\nmore: [${"*d,".repeat(100_000)}]\n${step("[echo]")}`],
  ["a hundred thousand levels", step("[".repeat(100_000))],
  [
    "ten thousand block levels",
    `${Array.from({ length: 3_000 }, (_, level) => `${" ".repeat(level)}a:`).join("\n")}\n`,
  ],
  ["a text of 30 MB", step(`["${"a".repeat(30_000_000)}"]`)],
  ["30 MB of keys", `${Array.from({ length: 2_000_000 }, (_, index) => `k${index}: 1`).join("\n")}\n${step("[echo]")}`],
  ["a key twice", `${step("[echo I RAN]")}pipelines: {}\n`],
  [
    "a key twice, once as an escape",
    step("[echo I RAN]").replace("script:", '"scr\\u0069pt": [true]\n          script:'),
  ],
  ["a language's own tag", step('[!!js/function "function () {}"]')],
  ["an unknown tag on a line", step('[!include "/etc/passwd"]')],
  ["two documents", `${step("[echo I RAN]")}---\n${step("[echo I RAN]")}`],
  ["a NUL", step('["echo \\0 I RAN"]')],
  ["a map where a line stands", step("[{? [a] : b}]")],
];

export const yamlBombs: Attack = {
  attack: 36,
  title: "YAML bombs and traps",
  where: "none",

  async hostile(place) {
    const { sentences, unless } = createSentences();
    for (const [name, text] of BOMBS) {
      place.write({ [FILE]: text });
      const { ended, mebibytes } = await runWatched(place);
      unless(ended.code === 2, `${name}: exit code ${ended.code} instead of 2: ${ended.stderr.slice(0, 300)}`);
      unless(
        /bitbucket-pipelines\.yml:\d+:\d+/u.test(ended.stderr),
        `${name}: no line and column: ${ended.stderr.slice(0, 300)}`,
      );
      unless(mebibytes < MEMORY_MIB, `${name}: it took ${mebibytes} MiB`);
      unless(!/^.*│ I RAN/mu.test(ended.stderr), `${name}: the step ran`);
      unless(ended.stderr.length < 20_000, `${name}: the message has ${ended.stderr.length} characters`);
    }
    unless((await place.ask("runs")) !== null && (await place.ledger()).length === 0, "a run was made of a bad file");
    return { gotThrough: sentences };
  },

  async benign(place) {
    const { sentences, unless } = createSentences();
    const shared = `definitions:\n  lines: &lines\n    - echo one\n    - echo two\n${step("*lines")}`;
    place.write({ [FILE]: `${shared}    more:\n      - step:\n          script: *lines\n` });
    const { ended } = await runWatched(place);
    unless(
      ended.code === 0 && ended.stderr.includes("two"),
      `anchors and aliases do not work: ${ended.stderr.slice(-300)}`,
    );
    return { broke: sentences };
  },
};

/** Runs the file and reads the highest memory that the process had. One that does not end is killed: it has no code. */
async function runWatched(place: HostilePlace): Promise<{ readonly ended: Ended; readonly mebibytes: number }> {
  const child = place.start(["run", "custom/work"]);
  let kibibytes = 0;
  const watch = setInterval(() => {
    try {
      const peak = /^VmHWM:\s+(?<peak>\d+) kB$/mu.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"));
      kibibytes = Math.max(kibibytes, Number(peak?.groups?.["peak"] ?? 0));
    } catch {
      // It has just ended.
    }
  }, 10);
  const patience = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  const ended = await endOf(child);
  clearInterval(watch);
  clearTimeout(patience);
  return { ended, mebibytes: Math.round(kibibytes / 1024) };
}
