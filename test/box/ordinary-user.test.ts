import { spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findCgroupBases } from "../../src/box/cgroup/hierarchy.ts";

const RUN_ONE = fileURLToPath(new URL("run-one.ts", import.meta.url));
const UID = 64_123;
const NAME = `sallyport-user-${process.pid}`;
const isRoot = process.getuid?.() === 0;
const canRead =
  spawnSync("setpriv", ["--reuid", String(UID), "--clear-groups", "--", process.execPath, "--version"]).status === 0;

// Root makes an ordinary user with cgroups of its own, as an administrator would; an ordinary user has run the rest already.
describe.skipIf(!isRoot || !canRead)(
  "bwrap as an ordinary user (needs root to become one, and a Node that others may run)",
  () => {
    let folder: string;
    let delegated: readonly string[];

    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "sallyport-box-"));
      chownSync(folder, UID, UID);
      const bases = Object.values(findCgroupBases()).map((base) => dirname(base?.directory ?? "/nowhere/x"));
      delegated = [...new Set(bases)].map((parent) => join(parent, NAME));
      for (const directory of delegated) {
        mkdirSync(join(directory, "sallyport"), { recursive: true });
        for (const path of [directory, join(directory, "sallyport"), join(directory, "cgroup.procs")])
          chownSync(path, UID, UID);
        if (existsSync(join(directory, "cgroup.subtree_control")))
          chownSync(join(directory, "cgroup.subtree_control"), UID, UID);
      }
    });
    afterAll(() => {
      for (const directory of delegated) {
        rmdirSync(join(directory, "sallyport"));
        rmdirSync(directory);
      }
      rmSync(folder, { recursive: true });
    });

    const run = (
      argv: readonly string[],
      cgroups = delegated,
    ): { readonly code: number | null; readonly lines: readonly string[]; readonly error: string } => {
      // Descriptors that whoever starts Sallyport left open must end before the box, too.
      const join0 =
        'exec 7</dev/zero 30</dev/zero; while [ "$1" != -- ]; do echo 0 >"$1/cgroup.procs"; shift; done; shift; exec "$@"';
      const drop = ["setpriv", "--reuid", String(UID), "--regid", String(UID), "--clear-groups", "--"];
      const ran = spawnSync(
        "bash",
        ["-c", join0, "join", ...cgroups, "--", ...drop, process.execPath, RUN_ONE, folder, "user-box", ...argv],
        { encoding: "utf8", cwd: "/" },
      );
      return { code: ran.status, lines: ran.stdout.trim().split("\n"), error: ran.stderr };
    };

    test("a command runs, with its door, its workspace and its exit code", () => {
      const ran = run(["bash", "-c", "cat </dev/tcp/127.0.0.1/29418; id -u; touch made; echo x >/dev/stderr; exit 7"]);
      expect([ran.lines, ran.error]).toEqual([["door", "1000", "x", "", '{"code":7,"limit":null}'], ""]);
      expect(existsSync(join(folder, "user-box", "made"))).toBe(true);
    });

    test("no capability, a filter, own namespaces, no descriptor of ours, only loopback", () => {
      const script =
        "grep -hE '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status | cut -f2; tail -n +3 /proc/net/dev | cut -d: -f1; /bin/ls /proc/self/fd; ls -d /proc/[0-9]*/ | wc -l";
      const { lines } = run(["bash", "-c", script]);
      expect(lines.slice(0, 5)).toEqual(["0000000000000000", "0000000000000000", "1", "2", "    lo"]);
      expect(lines.slice(5, -3)).toEqual(["0", "1", "2", "3"]);
      expect(Number(lines.at(-3))).toBeLessThan(8);
    });

    test("attack 27: the limits of memory and processes hold", () => {
      expect(run(["/usr/bin/python3", "-c", "x = bytearray(1 << 30)"]).lines.at(-1)).toBe(
        '{"code":137,"limit":"memory"}',
      );
      const fork =
        "import os,sys,time\nfor i in range(200):\n  try:\n    if os.fork() == 0: time.sleep(1000)\n  except OSError: sys.exit(9)";
      expect(run(["/usr/bin/python3", "-c", fork]).lines.at(-1)).toBe('{"code":9,"limit":"pids"}');
    });

    test("attack 22: without a cgroup of its own nothing starts, and the fix is named", () => {
      const { code, error } = run(["true"], []);
      expect(code).not.toBe(0);
      expect(error).toMatch(/no memory cgroup can be made.*systemd-run --user --scope -p Delegate=yes/s);
    });
  },
);
