import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endOf, type Ended } from "../../main-job/place.ts";
import { createSentences, type Attack } from "../attack.ts";
import type { HostilePlace } from "../hostile-place.ts";

/** A machine that lacks something, or lies about it. */
type Lack = { readonly name: string; readonly says: RegExp; run(place: HostilePlace): Promise<Ended> };

const LACKS: readonly Lack[] = [
  {
    name: "no bubblewrap",
    says: /bwrap is not on the PATH/u,
    run: (place) => place.sallyport(RUN, { path: programsWithout(place, "bwrap") }),
  },
  {
    name: "a bubblewrap that fails",
    says: /./u,
    run: (place) => place.sallyport(RUN, { path: fakeBwrap(place, "exit 1") }),
  },
  {
    name: "a bubblewrap that isolates nothing and runs what it is told",
    says: /network/u,
    run: (place) =>
      place.sallyport(RUN, { path: fakeBwrap(place, 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"') }),
  },
  {
    name: "a bubblewrap that leaves the box's own namespaces out",
    says: /namespaces|cgroup|uid|privileges|failed to execute/u,
    run: (place) => place.sallyport(RUN, { path: fakeBwrap(place, onlyTheNetwork()) }),
  },
  { name: "no user namespaces", says: /namespace/u, run: withoutUserNamespaces },
  {
    name: "no cgroup mounted",
    says: /cgroup/u,
    run: (place) => inOwnMounts(place, "mount -t tmpfs none /sys/fs/cgroup && mount -o remount,ro /sys/fs/cgroup"),
  },
  {
    name: "a plain folder where the cgroups were",
    says: /cgroup/u,
    run: (place) => inOwnMounts(place, "mount -t tmpfs none /sys/fs/cgroup"),
  },
];

const RUN = ["run", "custom/work"];

export const sandboxQuietlyAbsent: Attack = {
  attack: 22,
  title: "sandbox quietly absent",
  where: "none",

  async hostile(place) {
    const { sentences, unless } = createSentences();
    for (const { name, says, run } of LACKS) {
      const marker = prepareMarker(place);
      const ended = await run(place);
      unless(ended.code === 3, `${name}: exit code ${ended.code} instead of 3: ${ended.stderr.slice(-300)}`);
      unless(says.test(ended.stderr), `${name}: it does not say what is missing: ${ended.stderr.slice(-300)}`);
      unless(!existsSync(marker), `${name}: the step ran on the host`);
      unless(!/I RAN/u.test(ended.stdout + ended.stderr), `${name}: the step ran`);
    }
    return { gotThrough: sentences };
  },

  async benign(place) {
    const { sentences, unless } = createSentences();
    const marker = prepareMarker(place);
    const ended = await place.sallyport(RUN);
    unless(ended.code === 0, `exit code ${ended.code}: ${ended.stderr.slice(-300)}`);
    unless(ended.stderr.includes("I RAN as 1000"), "with isolation the step does not run");
    unless(!existsSync(marker), "the box wrote to the host's folder for temporary files");
    return { broke: sentences };
  },
};

/** A step that leaves a mark where it runs. Returns the mark's path on the host. */
function prepareMarker(place: HostilePlace): string {
  const marker = join(tmpdir(), `sallyport-ran-${randomBytes(8).toString("hex")}`);
  place.prepare({
    steps: [{ items: [{ bash: `mkdir -p ${tmpdir()}; echo "I RAN as $(id -u)"; echo ran >${marker}` }] }],
  });
  return marker;
}

/** A search path with every program of the machine's but one. */
function programsWithout(place: HostilePlace, missing: string): string {
  const folder = join(place.root, "programs");
  mkdirSync(folder, { recursive: true });
  for (const name of ["git", "bash", "sh", "node", "env", "setpriv", "sed", "id"].filter(
    (program) => program !== missing,
  )) {
    const program = findProgram(name);
    if (program !== null && !existsSync(join(folder, name))) symlinkSync(program, join(folder, name));
  }
  return folder;
}

function fakeBwrap(place: HostilePlace, script: string): string {
  const folder = join(place.root, "fake");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "bwrap"), `#!/bin/bash\n${script}\n`);
  chmodSync(join(folder, "bwrap"), 0o755);
  return `${folder}${delimiter}${process.env["PATH"] ?? ""}`;
}

/** The outer sandbox is real; the inner one, which comes by `--args`, is replaced by the command itself. */
function onlyTheNetwork(): string {
  const real = findProgram("bwrap") ?? "/usr/bin/bwrap";
  return `if [ "$1" = --args ]; then
  shift 3
  echo '{"child-pid": '$$'}' >&6
  read -r _ <&7
  exec "$@"
fi
exec ${real} "$@"`;
}

/** A user namespace of its own, mapped to the same user, in which no further one can be made. */
async function withoutUserNamespaces(place: HostilePlace): Promise<Ended> {
  const lines = ["read -r _", "echo 0 >/proc/sys/user/max_user_namespaces || exit 99", LOSE_CAPABILITIES];
  const child = place.start(RUN, {
    before: ["unshare", "--user", "--keep-caps", "bash", "-c", lines.join("\n"), "bash"],
    input: null,
  });
  const ended = endOf(child);
  await untilUnshared(child.pid ?? 0);
  const map = process.getuid?.() === 0 ? "0 0 4294967295" : null;
  const ids = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  if (map === null) writeFileSync(`/proc/${child.pid}/setgroups`, "deny");
  writeFileSync(`/proc/${child.pid}/uid_map`, map ?? `${ids[0]} ${ids[0]} 1`);
  writeFileSync(`/proc/${child.pid}/gid_map`, map ?? `${ids[1]} ${ids[1]} 1`);
  child.stdin?.end("\n");
  return ended;
}

/** An ordinary user's process has none; root keeps its own. */
const LOSE_CAPABILITIES = '[ "$(id -u)" = 0 ] && exec "$@"; exec setpriv --ambient-caps=-all --inh-caps=-all -- "$@"';

/** A mount namespace of its own, changed before Sallyport starts in it. */
function inOwnMounts(place: HostilePlace, change: string): Promise<Ended> {
  const namespaces =
    process.getuid?.() === 0 ? ["--mount"] : ["--user", "--map-current-user", "--mount", "--keep-caps"];
  const script = `${change} || exit 99\n${LOSE_CAPABILITIES}`;
  return place.sallyport(RUN, { before: ["unshare", ...namespaces, "bash", "-c", script, "bash"] });
}

async function untilUnshared(pid: number): Promise<void> {
  const own = readlinkSync("/proc/self/ns/user");
  for (let look = 0; look < 500; look += 1) {
    if (readlinkSync(`/proc/${pid}/ns/user`) !== own) return;
    await sleep(10);
  }
  throw new Error("the user namespace was not made");
}

function findProgram(name: string): string | null {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  return found ?? null;
}
